"""How many components of the PCA to keep, by the variance kept and by the recall lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.index.reduction import (
    CANDIDATES,
    KEPT_RECALL,
    KEPT_VARIANCE,
    Reduction,
    recall_by_rank,
)

Floats = npt.NDArray[np.float32]

RECALL_AT = 10


@dataclass(frozen=True)
class RankRow:
    """What a number of components keeps: of the variance, and of the ten nearest.

    `recall_reduced` is the recall of a search that sees reduced vectors only,
    `recall_compared_again` of one that compares its 100 best in full dimension.
    """

    rank: int
    explained_variance: float
    recall_reduced: float
    recall_compared_again: float


@dataclass(frozen=True)
class RankTable:
    """Both ways to choose a rank: `by_variance` keeps 95 % of it, `by_recall` loses at most a
    thousandth of the recall after comparing again."""

    rows: tuple[RankRow, ...]
    by_variance: int
    by_recall: int


def measure_ranks(whole: Reduction, vectors: Floats, queries: Floats) -> RankTable:
    """Of a reduction to all d components, on vectors `[n, d]` and queries `[q, d]`."""
    alone = recall_by_rank(whole, vectors, queries, RECALL_AT, RECALL_AT)
    again = recall_by_rank(whole, vectors, queries, RECALL_AT, CANDIDATES)
    rows = tuple(
        RankRow(rank, whole.cut(rank).explained_variance, alone[rank], again[rank])
        for rank in again
    )
    return RankTable(
        rows,
        by_variance=_first(rows, lambda row: row.explained_variance >= KEPT_VARIANCE - 1e-6),
        by_recall=_first(rows, lambda row: row.recall_compared_again >= KEPT_RECALL),
    )


def _first(rows: tuple[RankRow, ...], enough: Callable[[RankRow], bool]) -> int:
    """The lowest rank that is enough; all components where none is."""
    return next((row.rank for row in rows if enough(row)), rows[-1].rank)
