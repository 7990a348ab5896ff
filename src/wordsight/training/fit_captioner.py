"""Training the captioner on frozen features, and exporting it."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from wordsight.models.decoding import CANDIDATES
from wordsight.models.vocabulary import END, PAD, Vocabulary
from wordsight.photos.collection import Collection
from wordsight.training.averaging import WeightAverage
from wordsight.training.captioner_model import CaptionStart, CaptionStep, ShowAttendTell
from wordsight.training.features import Halves
from wordsight.training.packing import export_onnx

Report = Callable[[str], None]


@dataclass(frozen=True)
class CaptionerSettings:
    """What a training run depends on. Batches count photos; each brings five captions."""

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    doubly_stochastic: float = 1.0
    averaging: float = 0.98
    vocabulary_limit: int = 7500
    min_count: int = 2
    captions: int = 5
    max_words: int = 20
    seed: int = 0


@dataclass(frozen=True)
class CaptionData:
    """Grids (plain and mirrored, float16) and padded word ids `[photos, captions, words]`."""

    views: tuple[Halves, ...]
    words: npt.NDArray[np.int64]


def prepare(
    collection: Collection,
    views: tuple[Halves, ...],
    vocabulary: Vocabulary,
    settings: CaptionerSettings,
) -> CaptionData:
    """Word ids of every photo's captions, repeated where a photo has fewer than asked for."""
    shape = (len(collection), settings.captions, settings.max_words + 1)
    words = np.full(shape, PAD, np.int64)
    for i, photo in enumerate(collection.photos):
        for j in range(settings.captions):
            text = photo.captions[j % len(photo.captions)]
            ids = [*vocabulary.encode(text)[: settings.max_words], END]
            words[i, j, : len(ids)] = ids
    return CaptionData(views, words)


def fit_captioner(
    train: CaptionData,
    dev: CaptionData,
    vocabulary_size: int,
    settings: CaptionerSettings,
    log: Path,
    report: Report,
) -> ShowAttendTell:
    """Train, reporting nats and perplexity a real token (padding excluded) on both sets.

    Returns the exponential moving average of the weights, which generalises better than
    the last step's.
    """
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    model = ShowAttendTell(vocabulary_size)
    average = WeightAverage(model, settings.averaging)
    steps = settings.epochs * math.ceil(len(train.words) / settings.batch)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps, pct_start=0.1
    )
    with log.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "train_nats", "dev_nats", "dev_perplexity"])
        for epoch in range(settings.epochs):
            model.train()
            losses = []
            for grid, words in _batches(train, settings.batch, rng):
                losses.append(_train_step(model, optimizer, grid, words, settings))
                schedule.step()
                average.update(model)
            dev_nats = token_loss(average.model, dev, settings.batch)
            train_nats = float(np.mean(losses))
            rows.writerow([epoch + 1, train_nats, dev_nats, math.exp(dev_nats)])
            file.flush()
            report(
                f"epoch {epoch + 1}/{settings.epochs}: train {train_nats:.3f} nats a token, "
                f"dev {dev_nats:.3f} (perplexity {math.exp(dev_nats):.1f})"
            )
    return average.model


@torch.no_grad()
def token_loss(model: ShowAttendTell, data: CaptionData, batch: int) -> float:
    """Mean negative log-likelihood of a real token, in nats, under teacher forcing."""
    model.eval()
    total, tokens = 0.0, 0
    for start in range(0, len(data.words), batch):
        words = torch.from_numpy(data.words[start : start + batch])
        grid = torch.from_numpy(data.views[0][start : start + batch].astype(np.float32))
        outputs, _ = model(grid, words)
        real = words != PAD
        total += float(F.cross_entropy(model.logits(outputs[real]), words[real], reduction="sum"))
        tokens += int(real.sum())
    return total / tokens


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
    )
    vocabulary.save(folder / "vocabulary.txt")


def _train_step(
    model: ShowAttendTell,
    optimizer: torch.optim.Optimizer,
    grid: Tensor,
    words: Tensor,
    settings: CaptionerSettings,
) -> float:
    outputs, attention = model(grid, words)
    real = words != PAD
    logits = model.logits(outputs[real])
    loss = F.cross_entropy(logits, words[real], label_smoothing=settings.label_smoothing)
    looked = (attention * real[..., None]).sum(2)
    uneven = (1 - looked).square().mean()  # equation 14: look at every cell once in all
    optimizer.zero_grad()
    (loss + settings.doubly_stochastic * uneven).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        return float(F.cross_entropy(logits, words[real]))


def _batches(
    data: CaptionData, batch: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    order = rng.permutation(len(data.words))
    for start in range(0, len(order), batch):
        chosen = np.sort(order[start : start + batch])
        view = data.views[rng.integers(len(data.views))]
        words = data.words[chosen]
        longest = int((words != PAD).sum(-1).max())
        grid = torch.from_numpy(view[chosen].astype(np.float32))
        yield grid, torch.from_numpy(words[:, :, :longest])


def _grid_shape(model: ShowAttendTell) -> tuple[int, int]:
    return model.places.shape[0], model.annotate.in_features
