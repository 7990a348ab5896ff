"""Figures of ranked retrieval, with bootstrap confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RANKS = (1, 5, 10)
_RESAMPLES = 1000
_CUT = 10


@dataclass(frozen=True)
class Figure:
    """A mean over queries, and the limits within which 95 % of resampled collections have it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """Of one way to rank. `recall` is by k; `ndcg` is cut at ten, None where nothing is graded."""

    queries: int
    recall: dict[int, Figure]
    median_rank: float
    mrr: Figure
    ndcg: Figure | None


def figures_of(ranks: Ids, owners: Ids, ndcg: Floats | None = None) -> Figures:
    """Of queries whose own item has so many others before it.

    Args:
        ranks: how many items come before each query's own, `[q]`, q at least 1.
        owners: the photo that each query belongs to, `[q]`: whole photos are resampled, since
            queries to one photo are alike.
        ndcg: of each query, `[q]`.
    """
    per_query = [*((ranks < k).astype(np.float64) for k in RANKS), 1 / (ranks + 1.0)]
    if ndcg is not None:
        per_query.append(ndcg.astype(np.float64))
    told = _with_intervals(np.stack(per_query, 1), owners)
    return Figures(
        queries=len(ranks),
        recall=dict(zip(RANKS, told, strict=False)),
        median_rank=float(np.median(ranks)) + 1,
        mrr=told[len(RANKS)],
        ndcg=told[-1] if ndcg is not None else None,
    )


def ndcg(scores: Floats, gains: Floats, cut: int = _CUT) -> Floats:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), `[q]`.

    Args:
        scores: by which n items are ranked, `[q, n]`.
        gains: what each is worth, 0 or more, `[q, n]`.
        cut: so many items count.
    """
    cut = min(cut, scores.shape[1])
    discount = 1 / np.log2(np.arange(2, cut + 2))
    ranked = np.take_along_axis(gains, np.argsort(-scores, axis=1, kind="stable")[:, :cut], 1)
    ideal = -np.sort(-gains, axis=1)[:, :cut]
    best = ideal @ discount
    gained: Floats = np.where(best > 0, ranked @ discount / np.maximum(best, 1e-9), 0)
    return gained.astype(np.float32)


def _with_intervals(per_query: npt.NDArray[np.float64], owners: Ids) -> list[Figure]:
    """Percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over photos, `[q, m]`."""
    _, photos = np.unique(owners, return_inverse=True)
    count = int(photos.max()) + 1
    sums = np.zeros((count, per_query.shape[1]))
    np.add.at(sums, photos, per_query)
    queries = np.bincount(photos, minlength=count)
    random = np.random.default_rng(0)
    drawn = random.multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    means = (drawn @ sums) / (drawn @ queries)[:, None]
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    middle = per_query.mean(0)
    return [Figure(*map(float, row)) for row in zip(middle, low, high, strict=True)]
