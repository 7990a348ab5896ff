"""The visual projection and the text adapter: where pictures and sentences meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wordsight.errors import ModelError
from wordsight.models.runtime import Floats, OnnxModel


class VisualProjection:
    """CNN grids to unit vectors in the sentence encoder's space.

    Args:
        folder: holds `projection.onnx`.
        threads: cores for one call; 0 means all.

    Raises:
        ModelError: the file is missing or damaged.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        self._model = OnnxModel(folder / "projection.onnx", threads)

    def project(self, grid: Floats) -> Floats:
        """Float32 `[n, 49, 1280]` to unit-length float32 `[n, 384]`."""
        return self._model(grid=grid)[0]


class TextAdapter:
    """A linear map that turns a sentence embedding towards the pictures it was trained with.

    Raises:
        ModelError: `adapter.npy` in `folder` is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._matrix: Floats = np.load(folder / "adapter.npy")
        except (OSError, ValueError) as error:
            raise ModelError(f"cannot load the text adapter in {folder}: {error}") from error

    def adapt(self, embeddings: Floats) -> Floats:
        """Unit float32 `[n, 384]` to unit float32 `[n, 384]`."""
        adapted = embeddings @ self._matrix.T
        unit: Floats = adapted / np.linalg.norm(adapted, axis=1, keepdims=True)
        return unit
