"""Training the visual projection and the text adapter, contrastively, and exporting them.

The CNN's late stages are trained with them, or the CNN stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.training.backbone import Backbone
from wordsight.training.course import Course, Logbook, Pace
from wordsight.training.features import Halves
from wordsight.training.projection_model import TextAdapter, VisualProjection


@dataclass(frozen=True)
class ProjectionSettings:
    """What a training run depends on. An epoch shows each photo with all of its captions.

    `soft_targets` is the share of the target that goes to photos with like captions, which a
    caption may describe as well. `distillation` holds the tuned CNN to its ImageNet classes.
    `label_weight` is mixed in after training: a projection trained beside the labels is no
    better at home and worse on photos of another source (`docs/quality.md`).
    """

    epochs: int = 12
    batch: int = 192
    learning_rate: float = 1e-3
    cnn_learning_rate: float = 3e-4
    weight_decay: float = 0.1
    temperature: float = 0.05
    soft_targets: float = 0.2
    soft_temperature: float = 0.07
    distillation: float = 1.0
    label_weight: float = 0.3
    captions: int = 5
    seed: int = 0


@dataclass(frozen=True)
class PairData:
    """Photos in several views, and the sentence embeddings of each photo's captions.

    `views` are float16: grids, or early activations where the CNN is tuned; `classes`, float16
    `[photos, 1000]`, are then the untouched CNN's class scores of each view. `texts` is float32
    `[captions, 384]`; `owners[i]`, ascending, is the photo that caption i describes.
    """

    views: tuple[Halves, ...]
    texts: npt.NDArray[np.float32]
    owners: npt.NDArray[np.int64]
    classes: tuple[Halves, ...] = ()

    def texts_of_each(self, captions: int) -> Tensor:
        """`[photos, captions, 384]`, repeated where a photo has fewer, cut where more."""
        first = np.searchsorted(self.owners, np.arange(len(self.views[0]) + 1))
        counts = np.diff(first)[:, None]
        return torch.from_numpy(self.texts[first[:-1, None] + np.arange(captions) % counts])


class ContrastivePair(nn.Module):
    """Both sides and their shared temperature; the late stages of `backbone` where it is tuned."""

    def __init__(self, temperature: float, backbone: Backbone | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.picture = VisualProjection()
        self.text = TextAdapter()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def grid(self, view: Tensor) -> Tensor:
        """The grid of a view, as `PairData.views` holds it."""
        if self.backbone is None:
            return view
        with torch.autocast("cpu", torch.bfloat16):
            late: Tensor = self.backbone.late(view.to(memory_format=torch.channels_last))
        return late.float()

    def loss(self, grid: Tensor, texts: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in both directions (CLIP's symmetric form), with soft targets.

        Args:
            grid: of n photos.
            texts: their captions' embeddings `[n, c, 384]`.
            targets: `[n, n]`, how much of a photo's captions belongs to each photo.
        """
        photos, captions = texts.shape[:2]
        scale = self.log_scale.exp().clamp(max=100)
        similar = self.picture(grid) @ self.text(texts.flatten(0, 1)).T * scale
        per_caption = targets.repeat_interleave(captions, 0)
        to_photos = F.cross_entropy(similar.T, per_caption)
        to_captions = F.cross_entropy(similar, per_caption.T.reshape(photos, -1) / captions)
        return (to_photos + to_captions) / 2

    def class_divergence(self, grid: Tensor, classes: Tensor) -> Tensor:
        """How far (KL) the tuned CNN's classes are from those of the untouched one."""
        if self.backbone is None:
            return grid.new_zeros(())
        now = self.backbone.classifier()(grid.mean(1)).log_softmax(-1)
        return F.kl_div(now, classes.softmax(-1), reduction="batchmean")


def fit_projection(
    train: PairData,
    dev: PairData,
    settings: ProjectionSettings,
    logbook: Logbook,
    backbone: Backbone | None = None,
) -> ContrastivePair:
    """Train; gives the averaged weights of the epoch with the best recall on `dev`.

    Args:
        train: views are grids, or early activations (with `classes`) if there is a `backbone`.
        dev: likewise.
        settings: of the run.
        logbook: is written to.
        backbone: is tuned along.
    """
    torch.manual_seed(settings.seed)
    pair = ContrastivePair(settings.temperature, backbone)
    groups = _parameter_groups(pair, settings)
    steps = math.ceil(len(train.views[0]) / settings.batch)
    pace = Pace(settings.epochs, steps, warm_up=0.2, clip=5.0)
    course = Course(pair, torch.optim.AdamW(groups), pace)

    def losses(model: ContrastivePair, rng: np.random.Generator) -> Iterator[tuple[Tensor, float]]:
        for view, classes, texts, targets in _batches(train, settings, rng):
            grid = model.grid(view)
            contrast = model.loss(grid, texts, targets)
            drift = settings.distillation * model.class_divergence(grid, classes)
            yield contrast + drift, float(contrast.detach())

    def judge(model: ContrastivePair) -> dict[str, float]:
        first, fifth, tenth = recall_at(model.picture, model, dev)
        mean = (first + fifth + tenth) / 3
        return {"dev_recall": mean, "dev_r1": first, "dev_r5": fifth, "dev_r10": tenth}

    return course.run(losses, judge, logbook, settings.seed)


@torch.no_grad()
def recall_at(
    picture: nn.Module, pair: ContrastivePair, data: PairData
) -> tuple[float, float, float]:
    """Text to image recall at 1, 5 and 10, by what `picture` makes of the pair's grids."""
    picture.eval()
    views = data.views[0]
    pictures = torch.cat(
        [
            picture(pair.grid(torch.from_numpy(views[at : at + 128].astype(np.float32))))
            for at in range(0, len(views), 128)
        ]
    )
    similar = pair.text(torch.from_numpy(data.texts)) @ pictures.T
    own = similar.gather(1, torch.from_numpy(data.owners)[:, None])
    rank = (similar >= own).sum(1) - 1
    first, fifth, tenth = (float((rank < k).float().mean()) for k in (1, 5, 10))
    return first, fifth, tenth


def _parameter_groups(
    pair: ContrastivePair, settings: ProjectionSettings
) -> list[dict[str, object]]:
    tuned = list(pair.backbone.prepare_tuning()) if pair.backbone else []
    if pair.backbone:
        nn.utils.convert_conv2d_weight_memory_format(pair.backbone, torch.channels_last)
    fresh = [*pair.picture.parameters(), *pair.text.parameters(), pair.log_scale]
    groups: list[dict[str, object]] = [
        {"params": fresh, "lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    ]
    if tuned:
        groups.append({"params": tuned, "lr": settings.cnn_learning_rate, "weight_decay": 0.01})
    return groups


def _batches(
    data: PairData, settings: ProjectionSettings, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Views, class scores, captions' embeddings and targets of each batch."""
    texts = data.texts_of_each(settings.captions)
    meanings = F.normalize(texts.mean(1), dim=-1)
    order = rng.permutation(len(texts))
    for start in range(0, len(order), settings.batch):
        chosen = np.sort(order[start : start + settings.batch])
        at = rng.integers(len(data.views))
        view = torch.from_numpy(data.views[at][chosen].astype(np.float32))
        scores = data.classes[at][chosen] if data.classes else np.zeros((len(chosen), 0))
        alike = (meanings[chosen] @ meanings[chosen].T / settings.soft_temperature).softmax(-1)
        targets = torch.eye(len(chosen)).lerp(alike, settings.soft_targets)
        yield view, torch.from_numpy(scores.astype(np.float32)), texts[chosen], targets
