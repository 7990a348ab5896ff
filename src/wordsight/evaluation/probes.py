"""Recall against the share of embeddings compared, for any way to cluster.

The same rule for all: a query looks into the p cells whose centroid, the mean of the photos in
it, has the highest inner product with the query. Noise is put into the cell with the nearest
centroid, since a search must find every photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.clusterers import NOISE, Partition, means_of
from wordsight.index.reduction import CANDIDATES, Reduction

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RECALL_AT = 10
_EQUAL = 1e-6
"""Photos whose score is so near to the last one wanted are equally right: copies of it."""


@dataclass(frozen=True)
class Truth:
    """Queries, and what exact search finds for them.

    `reduced` `[q, r]` are the queries in the reduced space. `rows` are for each query the
    photos that count as found, `at` of them wanted; those that are lost by reducing alone (they
    would not be among the candidates compared in full) are left out.
    """

    reduced: Floats
    rows: tuple[Ids, ...]
    at: int


@dataclass(frozen=True)
class ProbeRecall:
    """Mean recall `[k]` and mean share of all embeddings compared `[k]`, by cells probed."""

    recall: Floats
    compared: Floats

    @property
    def one_probe(self) -> float:
        return float(self.recall[0])

    @property
    def all_cells(self) -> float:
        """What is missing here is lost by reducing."""
        return float(self.recall[-1])

    def compared_for(self, recall: float) -> float | None:
        """The least share that reaches a recall; None if none does."""
        reached = self.recall >= recall - 1e-9
        return float(self.compared[reached.argmax()]) if reached.any() else None

    def recall_for(self, compared: float) -> float | None:
        """The best recall that compares no more than a share; None if one cell is more."""
        within = self.recall[self.compared <= compared]
        return float(within[-1]) if len(within) else None

    def points(self, most: int = 60) -> list[tuple[float, float]]:
        """Share compared and recall for some numbers of cells, dense where they are few."""
        some = np.unique(np.geomspace(1, len(self.recall), most).round().astype(int)) - 1
        return list(zip(self.compared[some].tolist(), self.recall[some].tolist(), strict=True))


def find_truth(
    vectors: Floats, reduction: Reduction, queries: Floats, own: Ids | None = None
) -> Truth:
    """Compare all vectors `[n, d]`, n at least 2, with all queries `[q, d]`.

    Args:
        own: where photos are the queries, the row of each, which it shall not find.
    """
    scores = queries @ vectors.T
    reduced = queries @ reduction.components.T
    near = reduced @ reduction.apply(vectors).T
    left = len(vectors)
    if own is not None:
        scores[np.arange(len(own)), own] = near[np.arange(len(own)), own] = -np.inf
        left -= 1
    at, candidates = min(RECALL_AT, left), min(CANDIDATES, left)
    wanted = scores >= np.partition(scores, -at, axis=1)[:, -at, None] - _EQUAL
    kept = near >= np.partition(near, -candidates, axis=1)[:, -candidates, None]
    return Truth(reduced, tuple(np.flatnonzero(row) for row in wanted & kept), at)


def cells_of(partition: Partition, points: Floats) -> tuple[Ids, Floats]:
    """The cell of each point `[n, r]`, noise included, and the cells' means `[k, r]`.

    Without any cluster all points are in one cell.
    """
    if not partition.clusters:
        return np.zeros(len(points), np.int64), points.mean(0, keepdims=True)
    cells = partition.labels.copy()
    noise = np.flatnonzero(cells == NOISE)
    if len(noise):
        cells[noise] = _nearest(points[noise], means_of(points, cells))
    return cells, means_of(points, cells)


def measure_probes(cells: Ids, means: Floats, truth: Truth) -> ProbeRecall:
    """Recall and share compared for every number of cells probed."""
    sizes = np.bincount(cells, minlength=len(means))
    order = np.argsort(-(truth.reduced @ means.T), axis=1, kind="stable")
    compared = np.cumsum(sizes[order], axis=1).mean(0) / len(cells)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(len(means))[None], axis=1)
    found = np.zeros(len(means))
    for place, rows in zip(places, truth.rows, strict=True):
        first = np.sort(place[cells[rows]])[: truth.at]
        found += np.bincount(first, minlength=len(means))
    recall = np.cumsum(found) / (truth.at * len(places))
    return ProbeRecall(recall.astype(np.float32), compared.astype(np.float32))


def _nearest(points: Floats, centroids: Floats) -> Ids:
    import faiss

    found: Ids = faiss.knn(points, centroids, 1)[1][:, 0].astype(np.int64)
    return found
