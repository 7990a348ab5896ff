"""Whether a clustering still fits the photos that have come and gone since it was fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_GROWN = 2.0
_UNBALANCED = 1.5
_FARTHER = 1.15
_COMPARED = 1.5


@dataclass(frozen=True)
class Shape:
    """How photos lie in the cells.

    `imbalance` is k times the sum of the squared shares of the cells: 1 when all are equal, and
    the factor by which a probed cell is larger than the mean, as a photo sees it. `distance` is
    the mean squared distance to the centroids. `compared` is the share of all embeddings that
    searches compare for the recall target, 1 where all are, and `recall` what they find.
    """

    photos: int
    imbalance: float
    distance: float
    compared: float = 1.0
    recall: float = 1.0


def measure_shape(
    cells: Ids, squared_distances: Floats, cell_count: int, compared: float = 1, recall: float = 1
) -> Shape:
    """Of n photos in `cell_count` cells: `cells` `[n]`, `squared_distances` `[n]`."""
    photos = len(cells)
    if not photos:
        return Shape(0, 1.0, 0.0, compared, recall)
    shares = np.bincount(cells, minlength=cell_count) / photos
    imbalance = float(cell_count * np.square(shares).sum())
    distance = float(squared_distances.mean(dtype=np.float64))
    return Shape(photos, imbalance, distance, compared, recall)


def reason_to_refit(then: Shape, now: Shape, recall_target: float = 0.0) -> str | None:
    """Why cells fitted to `then` should be fitted anew for `now`; None where they serve well.

    Without a recall target, what searches compare and find is left out of it.
    """
    if not then.photos / _GROWN < now.photos < then.photos * _GROWN:
        return f"{now.photos} photos instead of {then.photos}"
    if now.imbalance > _UNBALANCED * then.imbalance:
        return f"cells less balanced ({now.imbalance:.2f}, were {then.imbalance:.2f})"
    if now.distance > _FARTHER * then.distance:
        return f"photos farther from their centroids ({now.distance:.3f}, were {then.distance:.3f})"
    if recall_target and now.compared > _COMPARED * then.compared:
        return f"{now.compared:.1%} of the embeddings compared, {then.compared:.1%} when fitted"
    if now.recall < min(recall_target, then.recall):
        return f"recall {now.recall:.3f}, {then.recall:.3f} when fitted"
    return None
