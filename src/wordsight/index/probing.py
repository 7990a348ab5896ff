"""How many cells to probe: chosen for a recall target, on queries that are held out."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from wordsight.index.cells import Cells
from wordsight.index.exact import RECALL_AT, Truth, exact_truth
from wordsight.index.nearest import candidate_count
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import ProbeCurve, ProbePoint

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RECALL_TARGET = 0.99
_FIRST_SHARE = 0.003
_PHOTOS_AS_QUERIES = 200
SAFETY = 0.001
"""So far above the target the measured recall shall be: queries to come are others."""

_TIMED = 50
_FIXED = (1, 8, 64)
_REACHED = (0.9, 0.95, 0.98, 0.985, 0.9875, 0.99, 0.991, 0.992, 0.993, 0.995, 0.998)
"""Shares of the true neighbours that a margin shall reach; all cells come after the last."""


def measure_curve(
    index: Cells,
    vectors: npt.NDArray[np.floating],
    queries: Floats,
    cells: Ids,
    target: float = RECALL_TARGET,
) -> ProbeCurve:
    """Recall, share compared and time for fixed and for growing numbers of probes.

    Args:
        index: the cells of the vectors.
        vectors: in full dimension, `[n, d]`.
        queries: unit float32 `[q, d]`, q at least 1.
        cells: of each vector, `[n]`.
        target: the recall that the chosen probing shall reach.
    """
    truth = exact_truth(vectors, queries)
    first = _first_cells(index)
    missing = _missing(index, queries, cells[truth.rows], first)
    tried = [Probing(n) for n in _FIXED if n < len(index)]
    tried += [Probing(first, float(np.quantile(missing, share))) for share in _REACHED]
    points = [_measure(index, vectors, queries, truth, probing) for probing in tried]
    whole = _measure(index, vectors, queries, truth, Probing(len(index)))
    chosen = _choose([point for point in points if point.margin is not None], whole, target)
    alike = _recall_of_photos(index, vectors, Probing(chosen.first, chosen.margin))
    return ProbeCurve((*points, whole), chosen, whole.recall, alike)


def _first_cells(index: Cells) -> int:
    """So many cells as hold a small share of the photos, enough to tell how good results are."""
    most = max(4 * RECALL_AT / max(1, int(index.sizes.sum())), _FIRST_SHARE)
    return min(len(index), max(8, round(most * len(index))))


def _choose(growing: list[ProbePoint], whole: ProbePoint, target: float) -> ProbePoint:
    """The first of growing margins that is good enough; else all cells, if they are."""
    enough = (point for point in growing if point.recall >= target + SAFETY)
    return next(enough, whole if whole.recall >= target else growing[-1])


def _recall_of_photos(index: Cells, vectors: npt.NDArray[np.floating], probing: Probing) -> float:
    """Recall where photos of the library are the queries."""
    some = np.linspace(0, len(vectors) - 1, min(len(vectors), _PHOTOS_AS_QUERIES)).astype(int)
    queries = np.asarray(vectors[some], np.float32)
    truth = exact_truth(vectors, queries)
    return _measure(index, vectors, queries, truth, probing).recall


def _missing(index: Cells, queries: Floats, homes: Ids, first: int) -> Floats:
    """How far the estimate of each true neighbour's cell is below the worst result wanted that
    the first cells give, `[q, 10]`: the margin that would reach it."""
    reached = np.take_along_axis(index.estimates(queries), homes, axis=1)
    missing: Floats = index.best(queries, RECALL_AT, first)[:, None] - reached
    return missing


def _measure(
    index: Cells,
    vectors: npt.NDArray[np.floating],
    queries: Floats,
    truth: Truth,
    probing: Probing,
) -> ProbePoint:
    wanted = truth.rows.shape[1]
    rows, compared = index.search(queries, wanted, candidate_count(wanted), probing)
    found = [
        np.count_nonzero(_cosines(vectors, rows[i], query) >= truth.least[i] - 1e-5)
        for i, query in enumerate(queries)
    ]
    return ProbePoint(
        first=probing.first,
        margin=probing.margin,
        recall=float(np.minimum(np.array(found) / wanted, 1).mean()),
        compared=float(compared.mean() / max(1, len(vectors))),
        milliseconds=_milliseconds(index, vectors, queries[:_TIMED], wanted, probing),
    )


def _milliseconds(
    index: Cells,
    vectors: npt.NDArray[np.floating],
    queries: Floats,
    wanted: int,
    probing: Probing,
) -> float:
    """The median time of one query by itself."""
    taken = []
    for query in queries:
        began = time.perf_counter()
        rows, _ = index.search(query[None], wanted, candidate_count(wanted), probing)
        _cosines(vectors, rows[0], query)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken) * 1e3)


def _cosines(vectors: npt.NDArray[np.floating], rows: Ids, query: Floats) -> Floats:
    return np.asarray(vectors[np.sort(rows[rows >= 0])], np.float32) @ query
