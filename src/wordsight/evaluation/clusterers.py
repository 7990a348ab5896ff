"""Ways to cluster vectors, all asked for the same: which cluster each vector is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

NOISE = -1


@dataclass(frozen=True)
class Partition:
    """Which cluster each of n points is in, and what must be kept to place other points.

    `labels` int64 `[n]` count from 0 without gaps; `NOISE` is in no cluster. `model` holds
    float32 arrays by name: centroids, or means, weights and covariances.
    """

    labels: Ids
    model: dict[str, Floats] = field(default_factory=dict)

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.labels.max(initial=NOISE)) + 1

    @property
    def noise(self) -> float:
        """The share of points in no cluster."""
        return float(np.mean(self.labels == NOISE)) if len(self.labels) else 0.0

    @property
    def model_bytes(self) -> int:
        """To store the model."""
        return sum(array.nbytes for array in self.model.values())


class Clusterer(Protocol):
    """A method with its parameters. Instances can be pickled.

    `method` is called with n >= 1 points and gives labels of any kind, negative for noise.
    """

    @property
    def name(self) -> str: ...

    @property
    def parameters(self) -> str:
        """What was chosen and how, in a few words."""

    def method(self, points: Floats, seed: int) -> Partition: ...


def partition(clusterer: Clusterer, points: Floats, seed: int = 0) -> Partition:
    """Cluster the points `[n, r]`, n of any size; the same for the same seed.

    Clusters that have no point are left out of the labels, not out of the model.
    """
    if not len(points):
        return Partition(np.empty(0, np.int64))
    found = clusterer.method(np.ascontiguousarray(points, np.float32), seed)
    labels = np.full(len(points), NOISE, np.int64)
    inside = found.labels >= 0
    labels[inside] = np.unique(found.labels[inside], return_inverse=True)[1]
    return Partition(labels, found.model)


def means_of(points: Floats, labels: Ids) -> Floats:
    """The mean of each cluster's points, `[k, r]`; those of noise are left out."""
    inside = labels != NOISE
    sizes = np.bincount(labels[inside])
    sums = np.zeros((len(sizes), points.shape[1]))
    np.add.at(sums, labels[inside], points[inside])
    return (sums / sizes[:, None]).astype(np.float32)
