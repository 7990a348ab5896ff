"""PCA: fewer numbers a vector, chosen by what the loss costs a search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

KEPT_VARIANCE = 0.95
KEPT_RECALL = 0.999
_QUERIES_AT_ONCE = 20
RANK_STEP = 16
"""Ranks are multiples of this: the width of one SIMD comparison of 8-bit codes."""

CANDIDATES = 100
"""So many of the nearest in the reduced space are compared again in full dimension."""


@dataclass(frozen=True)
class Reduction:
    """A principal component analysis, cut off after r of d components.

    `mean` `[d]`; `components` `[r, d]`, orthonormal; `variances` `[r]` along them, as shares
    of the whole variance.
    """

    mean: Floats
    components: Floats
    variances: Floats

    @property
    def rank(self) -> int:
        return len(self.components)

    @property
    def explained_variance(self) -> float:
        """The share of the variance that the components keep."""
        return min(1.0, float(self.variances.sum(dtype=np.float64)))

    def apply(self, vectors: npt.NDArray[np.floating]) -> Floats:
        """`[…, d]` to float32 `[…, r]`."""
        centred = np.asarray(vectors, np.float32) - self.mean
        return np.ascontiguousarray(centred @ self.components.T, np.float32)

    def cut(self, rank: int) -> Reduction:
        """The same with the first `rank` components only."""
        return Reduction(self.mean, self.components[:rank], self.variances[:rank])


def fit_reduction(
    sample: npt.NDArray[np.floating],
    queries: Floats | None = None,
    nearby: npt.NDArray[np.floating] | None = None,
) -> Reduction:
    """Learn a reduction from a sample `[n, d]`, n at least 1.

    With queries `[q, d]` the rank is the lowest that keeps `KEPT_RECALL` of their ten nearest;
    without, the lowest that keeps `KEPT_VARIANCE`. Either is rounded up to `RANK_STEP`.

    The denser the photos, the more of them come close to the ten nearest, and the more
    components it takes to tell them apart. So a sample promises too much for a large library,
    and `nearby` `[q, m, d]` gives the nearest of all photos to each query instead.
    """
    whole = fit_all_components(np.asarray(sample, np.float32))
    return cut_by_loss(whole, sample if nearby is None else nearby, queries)


def cut_by_loss(
    whole: Reduction, nearby: npt.NDArray[np.floating], queries: Floats | None = None
) -> Reduction:
    """A reduction to all components, cut as `fit_reduction` tells; `nearby` or a sample count
    only with queries."""
    if queries is None or not len(queries):
        enough = np.cumsum(whole.variances, dtype=np.float64) >= KEPT_VARIANCE - 1e-6
        return whole.cut(_rounded_up(_first(enough)))
    recalls = recall_by_rank(whole, nearby, queries)
    enough = np.array(list(recalls.values())) >= KEPT_RECALL
    return whole.cut(list(recalls)[_first(enough) - 1])


def recall_by_rank(
    whole: Reduction,
    sample: npt.NDArray[np.floating],
    queries: Floats,
    at: int = 10,
    candidates: int = CANDIDATES,
) -> dict[int, float]:
    """Recall of the `at` nearest, had the search seen the reduced vectors only, by rank.

    The `candidates` nearest in the reduced space are compared in full, as a search does it.

    Args:
        whole: with all components.
        sample: what is searched, `[n, d]`, or for each query its own, `[q, n, d]`.
        queries: float32 `[q, d]`.
    """
    if sample.ndim == 3:  # some at a time: it is large
        parts = [
            _kept_by_rank(whole, sample[i : i + _QUERIES_AT_ONCE], part, at, candidates)
            for i in range(0, len(queries), _QUERIES_AT_ONCE)
            if len(part := queries[i : i + _QUERIES_AT_ONCE])
        ]
    else:
        parts = [_kept_by_rank(whole, sample, queries, at, candidates)]
    return {rank: float(np.concatenate([part[rank] for part in parts]).mean()) for rank in parts[0]}


def _kept_by_rank(
    whole: Reduction,
    sample: npt.NDArray[np.floating],
    queries: Floats,
    at: int,
    candidates: int,
) -> dict[int, npt.NDArray[np.float64]]:
    """The recall of each query, by rank."""
    exact = np.asarray(sample, np.float32)
    full = _products(exact, queries)
    at = min(at, full.shape[1])
    least = np.partition(full, -at, axis=1)[:, -at]
    reduced, turned = whole.apply(exact), queries @ whole.components.T
    scores = np.zeros_like(full)
    kept = {}
    for start in range(0, whole.rank, RANK_STEP):
        stop = min(start + RANK_STEP, whole.rank)
        scores += _products(reduced[..., start:stop], turned[:, start:stop])
        best = _highest(scores, min(candidates, full.shape[1]))
        hits = np.take_along_axis(full, best, axis=1) >= least[:, None] - 1e-6
        kept[stop] = np.minimum(hits.sum(1) / at, 1)
    return kept


def fit_all_components(vectors: Floats) -> Reduction:
    """A reduction of `[n, d]` to all d components, n at least 1: to be cut."""
    mean: Floats = vectors.mean(0, dtype=np.float64).astype(np.float32)
    centred = vectors - mean
    values, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    variances = values[::-1].clip(0)
    total = variances.sum()
    # One photo, or copies of one: any direction keeps all of nothing.
    shares = variances / total if total > 1e-9 else np.eye(1, len(values))[0]
    components = np.ascontiguousarray(directions.T[::-1], np.float32)
    return Reduction(mean, components, shares.astype(np.float32))


def _products(vectors: Floats, queries: Floats) -> Floats:
    """Of each query with all vectors `[n, d]`, or with its own `[q, n, d]`: `[q, n]`."""
    if vectors.ndim == 2:
        return queries @ vectors.T
    own: Floats = (vectors @ queries[:, :, None])[:, :, 0]
    return own


def _first(enough: npt.NDArray[np.bool_]) -> int:
    """How many places up to and with the first true one; all where none is."""
    return int(enough.argmax()) + 1 if enough.any() else len(enough)


def _rounded_up(rank: int) -> int:
    return -(-rank // RANK_STEP) * RANK_STEP


def _highest(scores: Floats, count: int) -> Ids:
    return np.argpartition(scores, -count, axis=1)[:, -count:]
