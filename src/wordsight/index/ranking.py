"""Cells in the order in which a query should look into them.

They are ranked by an upper estimate of their best score: that of the centroid, which is the
mean of its members', and how far the best of n members is likely to be above a mean. For
members spread normally with deviation s in each direction that is |q| s sqrt(2 ln n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_IN_A_COLUMN = 32
"""Scores of which only the highest is looked at first."""


@dataclass(frozen=True)
class Probing:
    """Which cells a query looks into.

    The `first` highest ranked, then all whose estimate comes within `margin` of the worst
    result wanted, as the first cells gave it. None means the first cells only: a fixed nprobe.
    """

    first: int
    margin: float | None = None


@dataclass(frozen=True)
class Ranking:
    """What cells are ranked by.

    `rotation` `[r, d]` turns a query into the reduced space, where the `centroids`
    `[k, r + 1]` are; their last column is the cell's spread.
    """

    rotation: Floats
    centroids: Floats

    def turned(self, queries: Floats) -> Floats:
        """Queries `[q, d]` in the reduced space, `[q, r]`."""
        return np.ascontiguousarray(queries @ self.rotation.T)

    def estimates(self, reduced: Floats) -> Floats:
        """What the best score in each cell may be, less what the mean gives, `[q, k]`."""
        lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
        estimates: Floats = np.concatenate([reduced, lengths], axis=1) @ self.centroids.T
        return estimates


def with_spread(centroids: Floats, sizes: Ids, mean_squares: npt.NDArray[np.floating]) -> Floats:
    """Centroids `[k, r]` with a last column: how far the best member of each cell is likely to
    be above its centroid, for a unit query.

    Args:
        sizes: of the cells, `[k]`.
        mean_squares: of their members' squared distances, `[k]`.
    """
    spread = np.sqrt(mean_squares / centroids.shape[1] * 2 * np.log(np.maximum(sizes, 1)))
    return np.column_stack([centroids, spread.astype(np.float32)])


def highest(scores: Floats, count: int) -> Ids:
    """Places of the `count` highest of each row, in no order."""
    if count >= scores.shape[1]:
        return np.tile(np.arange(scores.shape[1]), (len(scores), 1))
    if len(scores) == 1 and count * _IN_A_COLUMN < scores.shape[1] - _IN_A_COLUMN:
        return _highest_of_many(scores[0], count)[None]
    return np.argpartition(scores, -count, axis=1)[:, -count:]


def _highest_of_many(scores: Floats, count: int) -> Ids:
    """As `highest` of one long row: the best `count` columns hold at least `count` scores that
    reach the least of their maxima, so the highest are among the few that do."""
    whole = len(scores) // _IN_A_COLUMN * _IN_A_COLUMN
    maxima = scores[:whole].reshape(_IN_A_COLUMN, -1).max(0)
    least = np.partition(maxima, -count)[-count]
    places = np.flatnonzero(scores >= least)
    return places[np.argpartition(scores[places], -count)[-count:]]
