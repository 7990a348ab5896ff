"""Writing trained captioners and projections as ONNX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from wordsight.models.decoding import CANDIDATES
from wordsight.models.vocabulary import Vocabulary
from wordsight.training.captioner_model import CaptionStart, CaptionStep, ShowAttendTell
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


def export_captioner(model: ShowAttendTell, vocabulary: Vocabulary, folder: Path) -> None:
    """Write `captioner_start.onnx`, `captioner_step.onnx` and `vocabulary.txt`."""
    grid = torch.zeros(2, *_grid_shape(model))
    with torch.no_grad():
        annotations, keys, hidden = model.eval().start(grid)
    photos, beams = {0: "photos"}, {0: "photos", 1: "beams"}
    export_onnx(
        CaptionStart(model),
        {"grid": grid},
        ["annotations", "keys", "hidden"],
        folder / "captioner_start.onnx",
        dynamic={"grid": photos, "annotations": photos, "keys": photos, "hidden": photos},
        int8=True,
    )
    step_inputs = {
        "word": torch.ones(2, 3, dtype=torch.long),
        "hidden": hidden[:, None].repeat(1, 3, 1),
        "annotations": annotations,
        "keys": keys,
    }
    export_onnx(
        CaptionStep(model, CANDIDATES),
        step_inputs,
        ["scores", "candidates", "next_hidden", "attention"],
        folder / "captioner_step.onnx",
        dynamic={
            "word": beams,
            "hidden": beams,
            "annotations": photos,
            "keys": photos,
            "scores": beams,
            "candidates": beams,
            "next_hidden": beams,
            "attention": beams,
        },
        int8=True,
    )
    vocabulary.save(folder / "vocabulary.txt")


def _grid_shape(model: ShowAttendTell) -> tuple[int, int]:
    return model.places.shape[0], model.annotate.in_features
