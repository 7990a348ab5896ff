"""Pairs of the CLIP family in ONNX files: one tower reads sentences, the other sees pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from wordsight.models.encoders.parts import Tokens, first_of, in_batches, read_json, unit_output
from wordsight.models.runtime import Floats, OnnxModel, Pixels

_LONGEST = 77
_MEAN, _DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's pictures (Radford et al. 2021), where `preprocessor_config.json` tells none."""


class ClipPair:
    """Both towers; sentences are padded to the length that CLIP reads."""

    sees = True

    def __init__(self, files: dict[str, Path], threads: int) -> None:
        told = read_json(files.get("looks"))
        self._mean = np.array(told.get("image_mean", _MEAN), np.float32)
        self._deviation = np.array(told.get("image_std", _DEVIATION), np.float32)
        self._text = OnnxModel(files["text"], threads)
        self._picture = OnnxModel(files["picture"], threads)
        self._tokens = Tokens(files["tokenizer"], _LONGEST, pads_to=_LONGEST)
        self._name, shape = next(iter(self._picture.inputs.items()))
        self._side = shape[-1] if isinstance(shape[-1], int) else 224
        self.dimension = self.encode(["a"]).shape[1]

    def encode(self, texts: Sequence[str]) -> Floats:
        return in_batches(self._read, texts)

    def look(self, pixels: Pixels) -> Floats:
        return in_batches(self._seen, pixels)

    def _read(self, texts: Sequence[str]) -> Floats:
        ids, mask = self._tokens(texts)
        return unit_output(self._text, self._tokens.named(self._text.inputs, ids, mask))

    def _seen(self, pixels: Pixels) -> Floats:
        sized = [np.asarray(Image.fromarray(one).resize((self._side,) * 2)) for one in pixels]
        scaled = (np.stack(sized).astype(np.float32) / 255 - self._mean) / self._deviation
        return unit_output(self._picture, {self._name: scaled.transpose(0, 3, 1, 2)})


def files(folder: Path) -> dict[str, Path] | None:
    """Those of a pair as exports on the Hugging Face Hub have them, or immich's."""
    needed = {
        "text": ["onnx/text_model.onnx", "text_model.onnx", "textual/model.onnx"],
        "picture": ["onnx/vision_model.onnx", "vision_model.onnx", "visual/model.onnx"],
        "tokenizer": ["tokenizer.json", "textual/tokenizer.json"],
    }
    return first_of(folder, needed, wished={"looks": "preprocessor_config.json"})
