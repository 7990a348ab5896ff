"""A library's clustering: PCA, then K-means over the reduced vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.index.chunks import chunks
from wordsight.index.exact import exact_truth
from wordsight.index.kmeans import fit_kmeans, nearest_centroids
from wordsight.index.reduction import Reduction, cut_by_loss, fit_reduction

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_CELLS_A_ROOT = 32
_PHOTOS_A_CELL = 8
_TRAINING_PHOTOS_A_CELL = 20
_TRAINING_PHOTOS = 65_536
_REDUCTION_SAMPLE = 20_000
_RANK_QUERIES = 200
_NEARBY = 500


@dataclass(frozen=True)
class Clustering:
    """What `fit_clustering` learns: a reduction, and k centroids `[k, r]` in its space.

    `groups` int64 `[k]` tells which cells belong together; cells of a group are consecutive.
    """

    reduction: Reduction
    centroids: Floats
    groups: Ids

    def assign(self, vectors: npt.NDArray[np.floating]) -> tuple[Ids, Floats]:
        """The cell of each vector `[n, d]`, int64 `[n]`, and its squared distance there."""
        if not len(vectors):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        return nearest_centroids(self.reduction.apply(vectors), self.centroids, self.groups)


@dataclass(frozen=True)
class Membership:
    """The cell of each photo, int64 `[n]`, and its squared distance to the centroid, `[n]`."""

    cells: Ids
    squared_distances: Floats

    @classmethod
    def of_none(cls) -> Membership:
        """Of no photos."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float32))


def fit_clustering(
    vectors: npt.NDArray[np.floating],
    queries: Floats | None = None,
    seed: int = 0,
    cells: int | None = None,
) -> Clustering:
    """Reduce by PCA, then cluster by K-means, the same each time for a seed.

    Args:
        vectors: `[n, d]`, n at least 1; of many, only a sample is read.
        queries: unit float32 `[q, d]`, to choose the rank on; without them the rank is chosen
            by the variance kept.
        seed: of sampling and K-means.
        cells: how many, about; None lets them grow with the square root of the photos.
    """
    cells = min(cells or cell_count(len(vectors)), len(vectors))
    random = np.random.default_rng(seed)
    sample = vectors[_chosen(len(vectors), _REDUCTION_SAMPLE, random)]
    reduction = fit_reduction(sample, *_nearby(vectors, queries))
    most = max(_TRAINING_PHOTOS, cells * _TRAINING_PHOTOS_A_CELL)
    training = chunks(vectors, _chosen(len(vectors), most, random))
    reduced = np.concatenate([reduction.apply(part) for part in training])
    centroids, groups = fit_kmeans(reduced, cells, seed)
    return Clustering(reduction, centroids, groups)


def cut_to_serve(
    whole: Reduction, vectors: npt.NDArray[np.floating], queries: Floats | None = None
) -> Reduction:
    """A reduction to all components, cut to as many as the queries need."""
    some, nearby = _nearby(vectors, queries) or (None, vectors)
    return cut_by_loss(whole, nearby, some)


def cell_count(photos: int) -> int:
    """A multiple of the square root, less where cells would hold only a few photos."""
    return max(1, min(round(_CELLS_A_ROOT * math.sqrt(photos)), photos // _PHOTOS_A_CELL))


def _nearby(
    vectors: npt.NDArray[np.floating], queries: Floats | None
) -> tuple[Floats, npt.NDArray[np.float16]] | tuple[()]:
    """Some of the queries, and the nearest of all vectors to each of them."""
    if queries is None or not len(queries):
        return ()
    some = queries[:_RANK_QUERIES]
    rows = exact_truth(vectors, some, _NEARBY).rows
    return some, np.stack([vectors[near].astype(np.float16) for near in rows])


def _chosen(count: int, most: int, random: np.random.Generator) -> Ids:
    """At most so many places out of `count`, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(random.choice(count, most, replace=False))
