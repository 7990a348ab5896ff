"""K-means in two levels: groups, and cells within each group.

Fitting k cells at once costs n x k comparisons an iteration, in two levels about n x 2 sqrt(k);
recall at equal cost is the same or better, since each group gets cells by its size and none
grows out of bounds. The same grouping makes assignment cheap.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_ITERATIONS = 12
ONE_LEVEL = 256
_POINTS_A_GROUP = 1024
_POINTS_A_CELL = 64
_GROUPS_SEARCHED = 8


def fit_kmeans(points: Floats, cells: int, seed: int) -> tuple[Floats, Ids]:
    """About `cells` centroids `[k, r]` of the points `[n, r]`, and the group of each, `[k]`.

    The same for the same seed. Groups are consecutive.
    """
    if cells <= ONE_LEVEL:
        return _fit(points, cells, seed, _POINTS_A_GROUP), np.zeros(cells, np.int64)
    centres = _fit(points, round(math.sqrt(cells)), seed, _POINTS_A_GROUP)
    nearest, _ = _knn(points, centres)
    order = np.argsort(nearest, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(nearest, minlength=len(centres)))[:-1])
    parts = [
        fit_cells_of_group(points[rows], len(points), cells, seed) for rows in members if len(rows)
    ]
    groups = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts), groups.astype(np.int64)


def fit_cells_of_group(points: Floats, of: int, cells: int, seed: int) -> Floats:
    """Centroids of the points of one group, so many of all `cells` as they are of `of` points."""
    return _fit(points, _share(len(points), of, cells), seed, _POINTS_A_CELL)


def nearest_centroids(points: Floats, centroids: Floats, groups: Ids) -> tuple[Ids, Floats]:
    """The nearest centroid of each point `[n]`, and the squared distance `[n]`.

    With groups, only the centroids of the groups around a point's own are compared; a point on
    a far edge may so be given the second nearest.
    """
    if groups[-1] == 0:
        return _knn(points, centroids)
    starts = np.searchsorted(groups, np.arange(groups[-1] + 2))
    sums = np.add.reduceat(centroids, starts[:-1])
    centres: Floats = (sums / np.diff(starts)[:, None]).astype(np.float32)
    around = _around(centres)
    own, _ = _knn(points, centres)
    cells, distances = np.empty(len(points), np.int64), np.empty(len(points), np.float32)
    for group in np.unique(own):
        rows = np.flatnonzero(own == group)
        compared = np.concatenate([np.arange(starts[g], starts[g + 1]) for g in around[group]])
        places, distances[rows] = _knn(points[rows], centroids[compared])
        cells[rows] = compared[places]
    return cells, distances


def _around(centres: Floats) -> Ids:
    """The groups nearest to each group, itself first."""
    import faiss

    nearest: Ids = faiss.knn(centres, centres, min(_GROUPS_SEARCHED, len(centres)))[1]
    return nearest


def _share(members: int, points: int, cells: int) -> int:
    return min(members, max(1, round(members * cells / points)))


def _fit(points: Floats, count: int, seed: int, most_points: int) -> Floats:
    import faiss

    kmeans = faiss.Kmeans(
        points.shape[1],
        count,
        niter=_ITERATIONS,
        seed=seed + 1,
        min_points_per_centroid=1,
        max_points_per_centroid=most_points,
    )
    kmeans.train(np.ascontiguousarray(points))
    return np.asarray(kmeans.centroids, np.float32)


def _knn(points: Floats, centroids: Floats) -> tuple[Ids, Floats]:
    import faiss

    distances, nearest = faiss.knn(np.ascontiguousarray(points), centroids, 1)
    return nearest[:, 0].astype(np.int64), distances[:, 0]
