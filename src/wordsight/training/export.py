"""Writing trained captioners and projections as ONNX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from wordsight.models.decoding import CANDIDATES
from wordsight.models.vocabulary import Vocabulary
from wordsight.training.decoder import CaptionDecoder, CaptionStart, CaptionStep
from wordsight.training.packing import export_onnx
from wordsight.training.projection_model import PictureVectors


def export_projection(picture: PictureVectors, folder: Path) -> None:
    """Write `projection.onnx` and `adapter.npy` (float32 `[384, 384]`, applied as `x @ a.T`)."""
    grid = torch.zeros(2, 49, picture.projection.look.in_features)
    export_onnx(
        picture,
        {"grid": grid},
        ["vector"],
        folder / "projection.onnx",
        dynamic={"grid": {0: "photos"}, "vector": {0: "photos"}},
    )
    np.save(folder / "adapter.npy", picture.adapter.map.weight.detach().numpy())


def export_captioner(model: CaptionDecoder, vocabulary: Vocabulary, folder: Path) -> None:
    """Write `captioner_start.onnx`, `captioner_step.onnx` and `vocabulary.txt`."""
    grid = torch.zeros(2, *_grid_shape(model))
    inputs, grows = _some_step(model.eval(), grid)
    photos, beams = {0: "photos"}, {0: "photos", 1: "beams"}
    export_onnx(
        CaptionStart(model),
        {"grid": grid},
        ["annotations", "keys", "hidden"],
        folder / "captioner_start.onnx",
        dynamic={"grid": photos, "annotations": photos, "keys": photos, "hidden": photos},
        int8=True,
    )
    export_onnx(
        CaptionStep(model, CANDIDATES),
        inputs,
        ["scores", "candidates", "next_hidden", "attention"],
        folder / "captioner_step.onnx",
        dynamic={
            "word": beams,
            "hidden": beams | ({2: "memory"} if grows else {}),
            "annotations": photos,
            "keys": photos,
            "scores": beams,
            "candidates": beams,
            "next_hidden": beams | ({2: "longer_memory"} if grows else {}),
            "attention": beams,
        },
        int8=True,
    )
    vocabulary.save(folder / "vocabulary.txt")


@torch.no_grad()
def _some_step(model: CaptionDecoder, grid: Tensor) -> tuple[dict[str, Tensor], bool]:
    """What the third word of a caption is made of, and whether states grow."""
    annotations, keys, first = model.start(grid)
    word = torch.ones(len(grid), 3, dtype=torch.long)
    hidden = first[:, None].repeat(1, 3, 1)
    for _ in range(2):
        hidden = model.advance(word, hidden, annotations, keys)[1]
    inputs = {"word": word, "hidden": hidden, "annotations": annotations, "keys": keys}
    return inputs, hidden.shape[-1] != first.shape[-1]


def _grid_shape(model: CaptionDecoder) -> tuple[int, int]:
    return model.places.shape[0], model.annotate.in_features
