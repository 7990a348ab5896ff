"""The visual projection: CNN features into the sentence encoder's space."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class VisualProjection(nn.Module):
    """Grid `[n, l, channels]` to unit vectors `[n, dimension]`.

    Attention pooling (each head weights the cells of its share of the channels) stands
    beside the mean of all cells, then a two-layer head follows.
    """

    def __init__(
        self,
        channels: int = 1280,
        dimension: int = 384,
        heads: int = 4,
        hidden: int = 1024,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.look = nn.Linear(channels, heads)
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(2 * channels, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, dimension),
        )

    def forward(self, grid: Tensor) -> Tensor:
        cells = self.norm(grid)
        weights = self.look(cells).softmax(1)
        shares = cells.unflatten(-1, (self.heads, -1))
        attended = (weights[..., None] * shares).sum(1).flatten(1)
        pooled = torch.cat([cells.mean(1), attended], -1)
        return F.normalize(self.head(pooled), dim=-1)


class LabelMixture(nn.Module):
    """What the CNN's own classifier recognises, as a sentence embedding `[n, dimension]`.

    The classes' names are mixed by their probabilities: ConSE (Norouzi et al. 2014). It knows
    a thousand kinds of objects that few training photos show, and is not trained further.

    Args:
        classifier: the CNN's last layer, over the mean of all cells.
        names: sentence embeddings of the classes' names, centred, `[classes, dimension]`.
    """

    def __init__(self, classifier: nn.Linear, names: Tensor) -> None:
        super().__init__()
        self.classifier = classifier.requires_grad_(False)
        self.names: Tensor
        self.register_buffer("names", names)

    def forward(self, grid: Tensor) -> Tensor:
        probabilities = self.classifier(grid.mean(1)).softmax(-1)
        return F.normalize(probabilities @ self.names, dim=-1)


class TextAdapter(nn.Module):
    """A linear map of sentence embeddings towards the pictures' side, identity at first."""

    def __init__(self, dimension: int = 384) -> None:
        super().__init__()
        self.map = nn.Linear(dimension, dimension, bias=False)
        nn.init.eye_(self.map.weight)

    def forward(self, embedding: Tensor) -> Tensor:
        return F.normalize(self.map(embedding), dim=-1)


class PictureVectors(nn.Module):
    """Grid to what a picture is found by: the projection, with a share of the label mixture.

    `label_weight` is that share.
    """

    def __init__(
        self,
        projection: VisualProjection,
        labels: LabelMixture,
        adapter: TextAdapter,
        label_weight: float,
    ) -> None:
        super().__init__()
        self.projection = projection
        self.labels = labels
        self.adapter = adapter
        self.label_weight = label_weight

    def forward(self, grid: Tensor) -> Tensor:
        recognised = self.adapter(self.labels(grid))
        learnt = self.projection(grid)
        mixed = (1 - self.label_weight) * learnt + self.label_weight * recognised
        return F.normalize(mixed, dim=-1)
