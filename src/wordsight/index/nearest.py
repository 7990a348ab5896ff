"""The nearest vectors of a snapshot: exactly, or inside the probed cells."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wordsight.index.cells import Cells
from wordsight.index.chunks import chunks
from wordsight.index.ranking import Probing
from wordsight.index.reduction import CANDIDATES
from wordsight.index.snapshot import Snapshot

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_CANDIDATES_A_RESULT = 10
_FEW, _SMALL_SHARE = 5000, 0.03
"""Of so few rows, or so small a share of all, each is compared: most of a cell would be in vain."""
_ROOM = 4
"""The first cells hold on average so many times the results wanted."""


def nearest(
    snapshot: Snapshot,
    query: Floats,
    count: int,
    excluded: Ids | None = None,
    probing: Probing | None = None,
    among: Ids | None = None,
) -> tuple[Ids, Floats]:
    """Rows and cosines of the nearest vectors, the nearest first.

    Args:
        snapshot: where to search.
        query: unit float32 `[d]`.
        count: how many rows; fewer come back only when there are no more, or when the cells
            of a given `probing` hold no more.
        excluded: rows to leave out.
        probing: which cells to look into; None is what the snapshot chose.
        among: the rows to choose from, ascending; None is all.
    """
    if among is not None:
        among = among if excluded is None else np.setdiff1d(among, excluded, assume_unique=True)
        if len(among) <= max(_FEW, _SMALL_SHARE * len(snapshot.ids)):
            return _of_few(snapshot, query, count, among)
        excluded = np.setdiff1d(np.arange(len(snapshot.ids)), among, assume_unique=True)
    left = len(snapshot.ids) - (0 if excluded is None else len(excluded))
    count = min(count, left)
    if count <= 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    cells, chosen = snapshot.cells, probing or snapshot.manifest.probing
    if cells is not None and chosen is not None:
        chosen = with_room(chosen, cells.sizes, count) if probing is None else chosen
        rows, scores = _in_cells(snapshot, cells, query, count, excluded, chosen)
        if len(rows) >= count or probing is not None:
            return rows, scores
    return exactly(snapshot, query, count, excluded)


def exactly(
    snapshot: Snapshot, query: Floats, count: int, excluded: Ids | None = None
) -> tuple[Ids, Floats]:
    """As `nearest`, by comparing all vectors in full."""
    scores = np.concatenate([part @ query for part in chunks(snapshot.fused)])
    if excluded is not None:
        scores[excluded] = -np.inf
    rows = top(scores, count)
    return rows, scores[rows]


def _of_few(snapshot: Snapshot, query: Floats, count: int, rows: Ids) -> tuple[Ids, Floats]:
    starts = range(0, len(rows), _FEW)
    parts = [snapshot.cosines(query, rows[i : i + _FEW]) for i in starts]
    scores = np.concatenate([np.empty(0, np.float32), *parts])
    best = top(scores, count)
    return rows[best], scores[best]


def nearest_of_each(
    snapshot: Snapshot, queries: Floats, count: int, probing: Probing | None = None
) -> tuple[Ids, Floats]:
    """As `nearest` for many queries `[q, d]` at once: rows (-1 for none) and cosines, `[q, count]`.

    Raises:
        ValueError: the snapshot has no cells.
    """
    cells, chosen = snapshot.cells, probing or snapshot.manifest.probing
    if cells is None or chosen is None:
        raise ValueError("this snapshot is searched exactly")
    if probing is None:
        chosen = with_room(chosen, cells.sizes, count)
    candidates, _ = cells.search(queries, count, candidate_count(count), chosen)
    rows, scores = np.full((2, len(queries), count), -1.0, np.float32)
    found = rows.astype(np.int64)
    for i, query in enumerate(queries):
        best, cosines = _compare(snapshot, query, candidates[i], count)
        found[i, : len(best)], scores[i, : len(best)] = best, cosines
    return found, scores


def candidate_count(count: int) -> int:
    """How many candidates of the cells are compared in full dimension."""
    return max(CANDIDATES, count * _CANDIDATES_A_RESULT)


def with_room(probing: Probing, sizes: Ids, count: int) -> Probing:
    """The probing, with as many first cells as hold some times the results wanted."""
    enough = math.ceil(_ROOM * count * len(sizes) / max(1, int(sizes.sum())))
    return Probing(max(probing.first, enough), probing.margin)


def _in_cells(
    snapshot: Snapshot,
    cells: Cells,
    query: Floats,
    count: int,
    excluded: Ids | None,
    probing: Probing,
) -> tuple[Ids, Floats]:
    found, _ = cells.search(query[None], count, candidate_count(count), probing, excluded)
    return _compare(snapshot, query, found[0], count)


def _compare(snapshot: Snapshot, query: Floats, candidates: Ids, count: int) -> tuple[Ids, Floats]:
    """The best of the candidates in full dimension."""
    rows = np.sort(candidates[candidates >= 0])
    scores = snapshot.cosines(query, rows)
    best = top(scores, count)
    return rows[best], scores[best]


def top(scores: Floats, count: int) -> Ids:
    """Places of the highest scores, highest first, ties by place."""
    count = min(count, len(scores))
    if 0 < count < len(scores):
        threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
        places = np.flatnonzero(scores >= threshold)
    else:
        places = np.arange(len(scores))
    order = np.argsort(-scores[places], kind="stable")
    return places[order][:count].astype(np.int64)
