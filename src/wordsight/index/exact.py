"""Exact search of many queries in many vectors: what everything else is measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.index.chunks import chunks

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RECALL_AT = 10


@dataclass(frozen=True)
class Truth:
    """What exact search gives: the nearest rows `[q, count]`, in no order, and the least of their
    scores `[q]`. A row with at least that score counts as found: copies are equally right."""

    rows: Ids
    least: Floats


def exact_truth(
    vectors: npt.NDArray[np.floating], queries: Floats, count: int = RECALL_AT
) -> Truth:
    """Compare all vectors `[n, d]` with all queries `[q, d]`, some at a time."""
    count = min(count, len(vectors))
    scores = np.full((len(queries), count), -np.inf, np.float32)
    rows = np.zeros((len(queries), count), np.int64)
    start = 0
    for part in chunks(vectors):
        both = np.concatenate([scores, queries @ part.T], axis=1)
        best = np.argpartition(both, -count, axis=1)[:, -count:]
        scores = np.take_along_axis(both, best, axis=1)
        kept = np.take_along_axis(rows, np.minimum(best, count - 1), axis=1)
        rows = np.where(best < count, kept, best - count + start)
        start += len(part)
    return Truth(rows, scores.min(axis=1))
