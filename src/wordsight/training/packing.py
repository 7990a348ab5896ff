"""Writing ONNX files: weights stored small, computed in float32.

Weights are stored as float16 or int8 and followed by `Cast` (and `Mul`) nodes. ONNX Runtime
folds those once at load, so results do not depend on what else is in a batch, as they
would with dynamic activation quantisation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

_SMALL = 4096
"""Tensors with fewer elements stay float32: they cost nothing and carry scales."""


def export_onnx(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    dynamic: Mapping[str, Mapping[int, str]],
    int8: bool = False,
) -> Path:
    """Trace `module` with `inputs` and write it to `path` with packed weights."""
    module.eval()
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes=dynamic,
        opset_version=17,
        dynamo=False,  # the traced graph keeps batch and time free, and needs no onnxscript
    )
    model = onnx.load(path)
    pack_weights(model, int8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def pack_weights(model: ModelProto, int8: bool) -> None:
    """Store each large float32 weight of `model` as float16, or int8 with scales, in place."""
    graph = model.graph
    unpacking: list[NodeProto] = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        gather = _only_gather(graph.node, tensor.name)
        if int8 and gather is not None:
            _pack_table(model, tensor, values, gather)
        elif int8 and values.ndim == 2:
            unpacking += _pack_int8(model, tensor, values, axis=0)
        else:
            unpacking += _pack_half(model, tensor, values)
    nodes = unpacking + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)


def quantise(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8: `values ~= codes * scales`, one scale for all that shares the other axes."""
    peak = np.abs(values).max(axis=axis, keepdims=True)
    scales = (np.maximum(peak, 1e-12) / 127).astype(np.float32)
    return np.rint(values / scales).astype(np.int8), scales


def _only_gather(nodes: Sequence[NodeProto], name: str) -> NodeProto | None:
    users = [node for node in nodes if name in node.input]
    if len(users) == 1 and users[0].op_type == "Gather":
        return users[0]
    return None


def _pack_half(model: ModelProto, tensor: TensorProto, values: np.ndarray) -> list[NodeProto]:
    stored = _replace(model, tensor, values.astype(np.float16), ".half")
    return [helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT)]


def _pack_int8(
    model: ModelProto, tensor: TensorProto, values: np.ndarray, axis: int
) -> list[NodeProto]:
    codes, scales = quantise(values, axis)
    name = tensor.name
    stored = _replace(model, tensor, codes, ".int8")
    model.graph.initializer.append(numpy_helper.from_array(scales, name + ".scale"))
    return [
        helper.make_node("Cast", [stored], [name + ".float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [name + ".float", name + ".scale"], [name]),
    ]


def _pack_table(
    model: ModelProto, tensor: TensorProto, values: np.ndarray, gather: NodeProto
) -> None:
    """An embedding table stays int8 in memory as well: only the rows looked up are unpacked."""
    codes, scales = quantise(values, axis=1)
    name, index, output = tensor.name, gather.input[1], gather.output[0]
    stored = _replace(model, tensor, codes, ".int8")
    model.graph.initializer.append(numpy_helper.from_array(scales, name + ".scale"))
    nodes = [
        helper.make_node("Gather", [stored, index], [output + ".code"], axis=0),
        helper.make_node("Gather", [name + ".scale", index], [output + ".scale"], axis=0),
        helper.make_node("Cast", [output + ".code"], [output + ".float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [output + ".float", output + ".scale"], [output]),
    ]
    at = list(model.graph.node).index(gather)
    model.graph.node.remove(gather)
    for offset, node in enumerate(nodes):
        model.graph.node.insert(at + offset, node)


def _replace(model: ModelProto, tensor: TensorProto, values: np.ndarray, ending: str) -> str:
    stored = tensor.name + ending
    model.graph.initializer.remove(tensor)
    model.graph.initializer.append(numpy_helper.from_array(values, stored))
    return stored
