"""PCA by itself, and the rank that is chosen, by recall or by variance."""

from __future__ import annotations

import numpy as np
import pytest
from tests.index.vectors import around_centres, unit

from wordsight.index.reduction import (
    CANDIDATES,
    KEPT_RECALL,
    KEPT_VARIANCE,
    RANK_STEP,
    Reduction,
    fit_reduction,
    recall_by_rank,
)

DIMENSION = 80
LOUDNESS = np.linspace(1.6, 0.1, DIMENSION)  # there are directions that matter less
MANY = unit(LOUDNESS * around_centres(1000, DIMENSION, subjects=60, spread=1.2))
QUERIES = unit(LOUDNESS * around_centres(150, DIMENSION, subjects=60, spread=1.2, seed=1))
CASES = {
    "one": MANY[:1],
    "two": MANY[:2],
    "two alike": MANY[:1].repeat(2, axis=0),
    "forty alike": MANY[:1].repeat(40, axis=0),
    "two subjects copied": MANY[:2].repeat(30, axis=0),
    "fewer than dimensions": MANY[: DIMENSION - 2],
    "many": MANY,
}


@pytest.fixture(scope="module", params=CASES)
def vectors(request: pytest.FixtureRequest) -> np.ndarray:
    return CASES[request.param]


@pytest.fixture(params=[None, QUERIES], ids=["by variance", "by recall"])
def queries(request: pytest.FixtureRequest) -> np.ndarray | None:
    return request.param


def whole(vectors: np.ndarray) -> Reduction:
    """All components, the first explaining most, by a singular value decomposition."""
    centred = vectors.astype(np.float64) - vectors.mean(0, dtype=np.float64)
    _, values, axes = np.linalg.svd(centred, full_matrices=len(vectors) < vectors.shape[1])
    shares = np.zeros(vectors.shape[1])
    shares[: len(values)] = values**2 / np.square(values).sum()
    return Reduction(vectors.mean(0), axes.astype(np.float32), shares.astype(np.float32))


def test_components_are_orthonormal_and_finite(
    vectors: np.ndarray, queries: np.ndarray | None
) -> None:
    fitted = fit_reduction(vectors, queries)
    for array in (fitted.mean, fitted.components, fitted.variances):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    products = fitted.components @ fitted.components.T
    np.testing.assert_allclose(products, np.eye(fitted.rank), atol=1e-5)
    np.testing.assert_allclose(fitted.mean, vectors.mean(0), atol=1e-6)


def test_ranks_are_multiples_of_what_a_processor_compares_at_once(
    vectors: np.ndarray, queries: np.ndarray | None
) -> None:
    rank = fit_reduction(vectors, queries).rank
    assert rank % RANK_STEP == 0
    assert RANK_STEP <= rank <= DIMENSION


def test_fewer_dimensions_than_a_step_are_kept_all(queries: np.ndarray | None) -> None:
    short = None if queries is None else unit(queries[:, :7])
    assert fit_reduction(unit(MANY[:, :7]), short).rank == 7


def test_variances_are_the_shares_along_the_components(vectors: np.ndarray) -> None:
    fitted = fit_reduction(vectors)
    spread = vectors.astype(np.float64).var(0).sum()
    if spread < 1e-9:  # copies: any direction keeps all of nothing
        assert fitted.explained_variance == 1.0
        return
    shares = fitted.apply(vectors).astype(np.float64).var(0) / spread
    np.testing.assert_allclose(fitted.variances, shares, atol=1e-4)
    assert (np.diff(fitted.variances) <= 1e-7).all()
    assert fitted.explained_variance == pytest.approx(shares.sum(), abs=1e-3)


def test_without_queries_the_rank_is_the_lowest_that_keeps_the_variance() -> None:
    for vectors in (MANY, MANY[:30], MANY[:2]):
        enough = np.cumsum(whole(vectors).variances) >= KEPT_VARIANCE
        needed = int(enough.argmax()) + 1
        assert fit_reduction(vectors).rank == -(-needed // RANK_STEP) * RANK_STEP
    assert fit_reduction(MANY, QUERIES[:0]).rank == fit_reduction(MANY).rank == 64


def test_with_queries_the_rank_is_the_lowest_that_keeps_the_recall() -> None:
    fitted = fit_reduction(MANY, QUERIES)
    recalls = recall_by_rank(whole(MANY), MANY, QUERIES)
    assert list(recalls) == list(range(RANK_STEP, DIMENSION + 1, RANK_STEP))
    assert recalls[fitted.rank] >= KEPT_RECALL
    assert all(recall < KEPT_RECALL for rank, recall in recalls.items() if rank < fitted.rank)
    assert recalls[DIMENSION] == 1
    assert fitted.rank == 32  # half of what the variance asks for


def test_what_queries_ask_for_is_kept_though_photos_differ_more_elsewhere() -> None:
    """Photos differ most where no query looks: variance alone would keep only that."""
    random = np.random.default_rng(0)
    loud = random.normal(size=(1000, DIMENSION)) * np.r_[np.full(32, 0.05), np.ones(48)]
    quiet = random.normal(size=(100, DIMENSION)) * np.r_[np.ones(2), np.zeros(78)]
    assert fit_reduction(unit(loud)).rank <= 48 < fit_reduction(unit(loud), unit(quiet)).rank


def test_recall_by_rank_is_what_a_search_would_find() -> None:
    reduction = whole(MANY)
    recalls = recall_by_rank(reduction, MANY, QUERIES, at=10, candidates=20)
    for rank in (16, 48):
        reduced, turned = reduction.cut(rank).apply(MANY), QUERIES @ reduction.components[:rank].T
        found = []
        for query, short in zip(QUERIES, turned, strict=True):
            truth = set(np.argsort(-(MANY @ query))[:10].tolist())
            found.append(len(truth & set(np.argsort(-(reduced @ short))[:20].tolist())) / 10)
        assert recalls[rank] == pytest.approx(np.mean(found), abs=1e-3)
    assert recalls[16] < recalls[48] < 1


def test_each_query_may_have_photos_of_its_own_nearby() -> None:
    reduction = whole(MANY)
    nearby = np.stack([MANY[np.argsort(-(MANY @ query))[:300]] for query in QUERIES])
    near = recall_by_rank(reduction, nearby, QUERIES, candidates=20)
    all_of_them = recall_by_rank(reduction, MANY, QUERIES, candidates=20)
    assert near.keys() == all_of_them.keys()
    for rank, recall in near.items():
        assert recall == pytest.approx(all_of_them[rank], abs=0.02)
    assert fit_reduction(MANY, QUERIES, nearby).rank == fit_reduction(MANY, QUERIES).rank
    far = np.stack([MANY[np.argsort(MANY @ query)[:100]] for query in QUERIES])
    assert fit_reduction(MANY, QUERIES, far).rank == RANK_STEP  # a hundred are all candidates


def test_copies_count_as_found_whichever_is_found() -> None:
    copied = MANY[:5].repeat(CANDIDATES, axis=0)
    assert set(recall_by_rank(whole(copied), copied, QUERIES).values()) == {1.0}


def test_cutting_keeps_the_first_components() -> None:
    fitted = fit_reduction(MANY)
    cut = fitted.cut(16)
    assert cut.rank == 16
    np.testing.assert_array_equal(cut.apply(MANY[:9]), fitted.apply(MANY[:9])[:, :16])
    np.testing.assert_array_equal(cut.variances, fitted.variances[:16])


def test_half_precision_is_reduced_as_full() -> None:
    fitted = fit_reduction(MANY)
    halves = fitted.apply(MANY[:50].astype(np.float16))
    assert halves.dtype == np.float32
    assert halves.flags.c_contiguous
    np.testing.assert_allclose(halves, fitted.apply(MANY[:50]), atol=2e-3)
