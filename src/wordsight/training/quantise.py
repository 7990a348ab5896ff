"""int8 arithmetic for the models: the same weights, computed in another way.

The CNN is quantised statically (Jacob et al. 2018): the range of each activation is measured on
training photos. In the matrix products of the sentence encoder each row of the left side (a token)
is rounded with a scale of its own instead, as transformers have outliers that no fixed range fits.
Either way a result depends on its own photo or sentence alone, as it would not with one scale for
a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from wordsight.models.precision import form
from wordsight.models.runtime import Pixels
from wordsight.training.packing import quantise

_FLOAT_CONVOLUTIONS = 6
"""Of 49, the first ones, where eight bits lose most: with them in float32 the cells of the grid
keep a cosine of 0.994 to the exact ones instead of 0.987, at 0 to 20 % of the CNN's speed."""

_BATCH = 4
_LARGE = 4096
_CONTRIB = "com.microsoft"


def quantise_cnn(path: Path, pixels: Pixels) -> Path:
    """Write the int8 form of a CNN, calibrated on photos, uint8 `[n, side, side, 3]`."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    target = form(path, "int8")
    with TemporaryDirectory() as folder:
        folded = Path(folder, "folded.onnx")
        quant_pre_process(path, folded, skip_symbolic_shape=True)
        convolutions = [
            node.name for node in onnx.load(folded).graph.node if node.op_type == "Conv"
        ]
        quantize_static(
            folded,
            target,
            _Calibration(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=convolutions[:_FLOAT_CONVOLUTIONS],
        )
    return target


class _Calibration:
    """Feeds photos to ONNX Runtime's calibration."""

    def __init__(self, pixels: Pixels) -> None:
        self._batches: Iterator[Pixels] = iter(np.split(pixels, range(_BATCH, len(pixels), _BATCH)))

    def get_next(self) -> dict[str, Pixels] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def quantise_products(path: Path) -> Path:
    """Write the int8 form of a model that `export_onnx` wrote.

    Weights that are int8 there stay where they are: it refers to their place in that file.
    """
    model = onnx.load(path)
    graph = model.graph
    products = _Products(model)
    nodes: list[NodeProto] = []
    for node in graph.node:
        nodes += products.converted(node)
    del graph.node[:]
    graph.node.extend(_used(nodes, [output.name for output in graph.output]))
    _drop_unused(model)
    model.opset_import.append(helper.make_opsetid(_CONTRIB, 1))
    _borrow_weights(model, path)
    target = form(path, "int8")
    target.write_bytes(model.SerializeToString())  # onnx.save would copy the weights
    return target


class _Products:
    """Replaces products with packed weights, `x @ (codes * scales)`, by products of int8 codes."""

    def __init__(self, model: ModelProto) -> None:
        self._graph = model.graph
        self._made_by = {output: node for node in model.graph.node for output in node.output}
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._rounded: set[str] = set()
        for name, value in _CONSTANTS.items():
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))

    def converted(self, node: NodeProto) -> list[NodeProto]:
        codes = self._codes(node.input[1]) if node.op_type == "MatMul" else None
        if codes is None:
            return [node]
        rows, weights = node.input
        product = helper.make_node(
            "MatMulIntegerToFloat",
            [rows + ".code", codes, _ONE, weights + ".columns", _MIDDLE],
            [node.output[0] + ".unscaled"],
            domain=_CONTRIB,
        )
        scaled = helper.make_node("Mul", [product.output[0], rows + ".scale"], node.output)
        return [*self._rounding(rows), product, scaled]

    def _codes(self, weights: str) -> str | None:
        """Name of a matrix's int8 codes, whose scales are then named `.columns`."""
        unpacking = self._made_by.get(weights)
        if unpacking is None:
            return None
        if unpacking.op_type == "Cast" and unpacking.input[0] in self._tensors:
            stored = numpy_helper.to_array(self._tensors[unpacking.input[0]])
            codes, scales = quantise(stored.astype(np.float32), axis=0)
            return self._keep(weights, scales, codes)
        cast = self._made_by.get(unpacking.input[0])
        if unpacking.op_type == "Mul" and cast is not None and cast.input[0] in self._tensors:
            self._keep(weights, numpy_helper.to_array(self._tensors[unpacking.input[1]]))
            return str(cast.input[0])
        return None

    def _keep(self, weights: str, scales: np.ndarray, codes: np.ndarray | None = None) -> str:
        kept = {weights + ".columns": scales.ravel()}
        if codes is not None:
            kept[weights + ".codes"] = codes
        for name, values in kept.items():
            if name not in self._tensors:
                self._tensors[name] = numpy_helper.from_array(values, name)
                self._graph.initializer.append(self._tensors[name])
        return weights + ".codes"

    def _rounding(self, x: str) -> list[NodeProto]:
        """From `x` to its codes and the scale of each row; once for all products that use it."""
        if x in self._rounded:
            return []
        self._rounded.add(x)
        size, peak, floor, scale, ratio = (
            x + end for end in (".size", ".peak", ".floor", ".scale", ".ratio")
        )
        return [
            helper.make_node("Abs", [x], [size]),
            helper.make_node("ReduceMax", [size], [peak], axes=[-1], keepdims=1),
            helper.make_node("Max", [peak, _TINY], [floor]),
            helper.make_node("Div", [floor, _TOP], [scale]),
            helper.make_node("Div", [x, scale], [ratio]),
            helper.make_node("QuantizeLinear", [ratio, _ONE, _MIDDLE], [x + ".code"]),
        ]


_ONE, _TOP, _TINY, _MIDDLE = "int8.one", "int8.top", "int8.tiny", "int8.middle"
_CONSTANTS = {
    _ONE: np.float32(1),
    _TOP: np.float32(127),
    _TINY: np.float32(1e-12),  # for rows of nothing but zeros
    _MIDDLE: np.uint8(128),  # the code of zero
}


def _used(nodes: Sequence[NodeProto], outputs: Sequence[str]) -> list[NodeProto]:
    """Those that the outputs depend on, in their order."""
    wanted = set(outputs)
    kept = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def _drop_unused(model: ModelProto) -> None:
    wanted = {name for node in model.graph.node for name in node.input}
    for tensor in list(model.graph.initializer):
        if tensor.name not in wanted:
            model.graph.initializer.remove(tensor)


def _borrow_weights(model: ModelProto, path: Path) -> None:
    """Let large int8 tensors be read out of the file at `path`, which holds the same bytes."""
    held = path.read_bytes()
    for tensor in model.graph.initializer:
        offset = held.find(tensor.raw_data)
        if len(tensor.raw_data) < _LARGE or offset < 0:
            continue
        where = {"location": path.name, "offset": offset}
        for key, value in {**where, "length": len(tensor.raw_data)}.items():
            tensor.external_data.add(key=key, value=str(value))
        tensor.data_location = TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
