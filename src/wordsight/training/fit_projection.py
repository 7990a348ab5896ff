"""Training the visual projection and the text adapter, contrastively, and exporting them."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.training.averaging import WeightAverage
from wordsight.training.features import Halves
from wordsight.training.packing import export_onnx
from wordsight.training.projection_model import PictureVectors, TextAdapter, VisualProjection

Report = Callable[[str], None]


@dataclass(frozen=True)
class ProjectionSettings:
    """What a training run depends on. An epoch shows each photo with one of its captions.

    `label_weight` is mixed in after training: a projection trained beside the labels is no
    better at home and worse on photos of another source (`docs/quality.md`).
    """

    epochs: int = 24
    batch: int = 512
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    temperature: float = 0.05
    label_weight: float = 0.3
    averaging: float = 0.98
    seed: int = 0


@dataclass(frozen=True)
class PairData:
    """Grids (plain and mirrored) and the sentence embeddings of each photo's captions.

    `texts` is float32 `[captions, 384]`; `owners[i]`, ascending, is the photo that
    caption i describes.
    """

    views: tuple[Halves, ...]
    texts: npt.NDArray[np.float32]
    owners: npt.NDArray[np.int64]


class ContrastivePair(nn.Module):
    """The two sides and their shared temperature."""

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.picture = VisualProjection()
        self.text = TextAdapter()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def loss(self, grid: Tensor, text: Tensor) -> Tensor:
        """InfoNCE in both directions (van den Oord et al. 2018; CLIP's symmetric form)."""
        similar = self.picture(grid) @ self.text(text).T * self.log_scale.exp()
        own = torch.arange(len(grid))
        return (F.cross_entropy(similar, own) + F.cross_entropy(similar.T, own)) / 2


def fit_projection(
    train: PairData,
    dev: PairData,
    settings: ProjectionSettings,
    log: Path,
    report: Report,
) -> ContrastivePair:
    """Train; returns the exponential moving average of the weights."""
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    pair = ContrastivePair(settings.temperature)
    average = WeightAverage(pair, settings.averaging)
    optimizer = torch.optim.AdamW(
        pair.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    steps = settings.epochs * math.ceil(len(train.views[0]) / settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps
    )
    with log.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "train_loss", "dev_r1", "dev_r5", "dev_r10"])
        for epoch in range(settings.epochs):
            pair.train()
            losses = []
            for grid, text in _batches(train, settings.batch, rng):
                loss = pair.loss(grid, text)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                average.update(pair)
                losses.append(float(loss.detach()))
            recall = recall_at(average.model.picture, average.model.text, dev)
            rows.writerow([epoch + 1, np.mean(losses), *recall])
            file.flush()
            shown = " / ".join(f"{value:.1%}" for value in recall)
            report(
                f"epoch {epoch + 1}/{settings.epochs}: loss {np.mean(losses):.3f}, "
                f"dev R@1/5/10 {shown} ({len(dev.views[0])} photos)"
            )
    return average.model


@torch.no_grad()
def recall_at(picture: nn.Module, text: TextAdapter, data: PairData) -> tuple[float, float, float]:
    """Text to image recall at 1, 5 and 10, by picture only."""
    picture.eval()
    pictures = torch.cat(
        [
            picture(torch.from_numpy(data.views[0][at : at + 256].astype(np.float32)))
            for at in range(0, len(data.views[0]), 256)
        ]
    )
    similar = text(torch.from_numpy(data.texts)) @ pictures.T
    own = similar.gather(1, torch.from_numpy(data.owners)[:, None])
    rank = (similar > own).sum(1)
    first, fifth, tenth = (float((rank < k).float().mean()) for k in (1, 5, 10))
    return first, fifth, tenth


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


def _batches(
    data: PairData, batch: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    photos = len(data.views[0])
    first = np.searchsorted(data.owners, np.arange(photos + 1))
    order = rng.permutation(photos)
    for start in range(0, photos, batch):
        chosen = np.sort(order[start : start + batch])
        view = data.views[rng.integers(len(data.views))]
        text = data.texts[rng.integers(first[chosen], first[chosen + 1])]
        yield torch.from_numpy(view[chosen].astype(np.float32)), torch.from_numpy(text)
