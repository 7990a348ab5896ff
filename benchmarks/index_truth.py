"""What the nearest vectors are, and how many of them an index found."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.index_vectors import Corpus

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]

DEPTH = 100
"""The largest k that recall is counted at."""
_TIE = 1e-6
_QUERIES_AT_ONCE = 500


def true_scores(corpus: Corpus, queries: Floats, cache: Path) -> Floats:
    """The cosines of the true nearest, best first, `[q, DEPTH]`: computed once, then kept."""
    asked = hashlib.sha256(queries.tobytes()).hexdigest()[:12]
    path = cache / f"{corpus.path.stem}-truth-{asked}.npy"
    if not path.exists():
        np.save(path, _scan(corpus, queries))
    scores: Floats = np.load(path)
    return scores


def _scan(corpus: Corpus, queries: Floats) -> Floats:
    import faiss

    best = np.full((len(queries), DEPTH), -np.inf, np.float32)
    for _, rows in corpus.chunks():
        depth = min(DEPTH, len(rows))
        metric = faiss.METRIC_INNER_PRODUCT
        scores = faiss.knn(queries, rows.astype(np.float32), depth, metric=metric)[0]
        both = np.concatenate([best, scores], axis=1)
        best = np.partition(both, depth, axis=1)[:, -DEPTH:]
    return np.sort(best, axis=1)[:, ::-1]


def recall(corpus: Corpus, queries: Floats, found: Ids, truth: Floats, at: int) -> float:
    """The mean of `recalls`."""
    return float(recalls(corpus, queries, found, truth, at).mean())


def recalls(corpus: Corpus, queries: Floats, found: Ids, truth: Floats, at: int) -> Shares:
    """Of each query, the share of the true `at` nearest among the first `at` found, `[q]`.

    Copies are as good as each other: whatever scores like the last of the true ones counts.

    Args:
        corpus: what was searched.
        queries: float32 `[q, d]`.
        found: rows of the corpus, the best first, -1 for none, `[q, at or more]`.
        truth: from `true_scores`.
        at: the k of recall@k.
    """
    hits = []
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        part = slice(start, start + _QUERIES_AT_ONCE)
        rows = _without_repeats(found[part, :at])
        scores = np.einsum("qd,qkd->qk", queries[part], corpus.take(rows.clip(0)))
        good = scores >= truth[part, at - 1, None] - _TIE
        hits.append((good & (rows >= 0)).sum(1))
    return np.concatenate(hits) / at


def _without_repeats(found: Ids) -> Ids:
    rows = np.sort(found, axis=1)
    repeated = rows[:, 1:] == rows[:, :-1]
    rows[:, 1:][repeated] = -1
    return rows
