"""The nearest vectors of a snapshot: exactly, or inside the probed cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wordsight.index.snapshot import ProbePoint, Snapshot

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RECALL_TARGET = 0.99
RECALL_AT = 10
_CANDIDATES = 10
"""So many times the wanted number are taken from the cells and compared in full dimension."""


def nearest(
    snapshot: Snapshot,
    query: Floats,
    count: int,
    excluded: Ids | None = None,
    nprobe: int | None = None,
) -> tuple[Ids, Floats]:
    """Rows and cosines of the nearest vectors, the nearest first.

    Args:
        snapshot: where to search.
        query: unit float32 `[d]`.
        count: how many rows; fewer come back only when there are no more, or when `nprobe`
            cells hold no more.
        excluded: rows to leave out.
        nprobe: cells to look into; 0 is exact search, None what the snapshot chose.
    """
    left = len(snapshot.ids) - (0 if excluded is None else len(excluded))
    count = min(count, left)
    if count <= 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    probes = _chosen_probes(snapshot, count) if nprobe is None else nprobe
    if snapshot.cells is not None and probes:
        found = snapshot.cells.search(query[None], count * _CANDIDATES, probes, excluded)[0]
        rows = np.sort(found[found >= 0])
        if len(rows) >= count or nprobe is not None:
            scores = snapshot.fused[rows] @ query
            best = top(scores, count)
            return rows[best], scores[best]
    scores = np.asarray(snapshot.fused @ query)
    if excluded is not None:
        scores[excluded] = -np.inf
    rows = top(scores, count)
    return rows, scores[rows]


def _chosen_probes(snapshot: Snapshot, count: int) -> int:
    """As many as reached the recall target, more where long results need more photos."""
    manifest = snapshot.manifest
    share = count * _CANDIDATES * manifest.cells / max(1, manifest.photos)
    return min(max(manifest.nprobe, math.ceil(share)), manifest.cells) if manifest.nprobe else 0


def measure_probes(
    snapshot: Snapshot, queries: Floats, target: float = RECALL_TARGET
) -> tuple[ProbePoint, ...]:
    """The recall curve over doubling numbers of probes, until `target` is reached.

    Recall counts against exact search in full dimension, so the loss by PCA is inside it.
    """
    cells = snapshot.cells
    if cells is None or not len(queries):
        return ()
    truth = [set(nearest(snapshot, q, RECALL_AT, nprobe=0)[0].tolist()) for q in queries]
    points: list[ProbePoint] = []
    for nprobe in _doubling(snapshot.manifest.cells):
        found = [nearest(snapshot, q, RECALL_AT, nprobe=nprobe)[0].tolist() for q in queries]
        recall = _recall(truth, found)
        points.append(ProbePoint(nprobe, recall, float(cells.compared(queries, nprobe).mean())))
        if recall >= target:
            break
    return tuple(points)


def _recall(truth: Sequence[set[int]], found: Sequence[Sequence[int]]) -> float:
    shares = [len(t & set(f)) / len(t) for t, f in zip(truth, found, strict=True)]
    return float(np.mean(shares))


def _doubling(most: int) -> list[int]:
    return [2**i for i in range(most.bit_length()) if 2**i < most] + [most]


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
