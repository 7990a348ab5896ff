"""Opening ONNX files on ONNX Runtime."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.errors import ModelError
from wordsight.models.device import device, providers
from wordsight.models.mapped import mapped_form

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


class OnnxModel:
    """An ONNX file as a function from named arrays to a list of arrays.

    Args:
        path: the `.onnx` file.
        threads: cores to use for one call; 0 means all.

    Raises:
        ModelError: the file is missing or not a model that this ONNX Runtime can run.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.log_severity_level = 3
        # Idle threads would otherwise spin, taking cores from decoding and from other models.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(
                str(mapped_form(path)), options, providers=providers(device())
            )
        except Exception as error:  # ONNX Runtime raises a dozen kinds of its own
            raise ModelError(f"cannot load the model {path.name}: {error}") from error

    @property
    def inputs(self) -> dict[str, list[int | str]]:
        """Shapes by name; what is free in one has a name itself."""
        return {one.name: one.shape for one in self._session.get_inputs()}

    def __call__(self, **inputs: npt.NDArray[Any]) -> list[Floats]:
        outputs: list[Floats] = self._session.run(None, inputs)
        return outputs
