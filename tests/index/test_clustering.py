"""What a clustering promises for any number of photos."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.vectors import around_centres

from wordsight.index import clustering as clustering_module
from wordsight.index.clustering import Clustering, cell_count, fit_clustering
from wordsight.index.reduction import (
    KEPT_RECALL,
    fit_all_components,
    fit_reduction,
    recall_by_rank,
)

DIMENSION = 32
ONE = around_centres(1, DIMENSION)
QUERIES = around_centres(40, DIMENSION, subjects=7, seed=1)
CASES = {
    "one": ONE,
    "two": around_centres(2, DIMENSION),
    "two alike": ONE.repeat(2, axis=0),
    "a few": around_centres(9, DIMENSION),
    "fewer than dimensions": around_centres(DIMENSION - 2, DIMENSION),
    "forty alike": ONE.repeat(40, axis=0),
    "two subjects copied": np.tile(around_centres(2, DIMENSION), (30, 1)),
    "a thousand": around_centres(1000, DIMENSION, subjects=7),
}


@pytest.fixture(scope="module", params=CASES)
def vectors(request: pytest.FixtureRequest) -> np.ndarray:
    return CASES[request.param]


@pytest.fixture(scope="module")
def fitted(vectors: np.ndarray) -> Clustering:
    return fit_clustering(vectors, QUERIES)


def assert_equal(one: Clustering, other: Clustering) -> None:
    for name in ("mean", "components", "variances"):
        mine, theirs = getattr(one.reduction, name), getattr(other.reduction, name)
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.centroids, other.centroids)
    np.testing.assert_array_equal(one.groups, other.groups)


def test_there_are_cells_for_the_number_of_photos(vectors: np.ndarray, fitted: Clustering) -> None:
    assert len(fitted.centroids) == len(fitted.groups) == cell_count(len(vectors))
    assert fitted.centroids.dtype == np.float32
    assert np.isfinite(fitted.centroids).all()
    assert fitted.centroids.shape[1] == fitted.reduction.rank


def test_each_photo_is_in_the_cell_of_its_nearest_centre(
    vectors: np.ndarray, fitted: Clustering
) -> None:
    cells, distances = fitted.assign(vectors)
    assert (cells.dtype, distances.dtype) == (np.int64, np.float32)
    reduced = fitted.reduction.apply(vectors)
    true = np.square(reduced[:, None] - fitted.centroids[None]).sum(2)
    chosen = np.take_along_axis(true, cells[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(chosen, true.min(1), atol=1e-5)
    np.testing.assert_allclose(distances, chosen, atol=1e-5)


def test_photos_that_came_later_are_assigned_as_well(fitted: Clustering) -> None:
    later = around_centres(50, DIMENSION, subjects=7, seed=9)
    cells, distances = fitted.assign(later)
    assert 0 <= cells.min() <= cells.max() < len(fitted.centroids)
    assert np.isfinite(distances).all()


def test_no_photos_are_in_no_cells(fitted: Clustering) -> None:
    cells, distances = fitted.assign(np.empty((0, DIMENSION), np.float32))
    assert (cells.dtype, distances.dtype) == (np.int64, np.float32)
    assert len(cells) == len(distances) == 0


def test_the_same_seed_gives_the_same_clustering(vectors: np.ndarray, fitted: Clustering) -> None:
    assert_equal(fit_clustering(vectors.copy(), QUERIES), fitted)


def test_another_seed_begins_elsewhere() -> None:
    vectors = CASES["a thousand"]
    first, second = (fit_clustering(vectors, QUERIES, seed) for seed in (0, 1))
    assert not np.array_equal(first.centroids, second.centroids)
    np.testing.assert_array_equal(first.reduction.components, second.reduction.components)


def test_half_precision_is_clustered_as_full() -> None:
    vectors = CASES["a thousand"]
    full, half = fit_clustering(vectors), fit_clustering(vectors.astype(np.float16))
    assert half.centroids.dtype == np.float32
    assert full.assign(vectors)[1].mean() == pytest.approx(half.assign(vectors)[1].mean(), rel=0.05)


def test_photos_of_one_subject_share_few_cells() -> None:
    tight = around_centres(1000, DIMENSION, subjects=7, spread=0.01)
    cells, _ = fit_clustering(tight).assign(tight)
    subjects = (tight @ tight.T > 0.9).argmax(1)  # the first photo alike stands for the subject
    for cell in np.unique(cells):
        assert len(np.unique(subjects[cells == cell])) == 1


@pytest.mark.parametrize("wanted", [1, 5, 300, 999])
def test_so_many_cells_as_are_wanted(wanted: int) -> None:
    fitted = fit_clustering(CASES["a thousand"], QUERIES, cells=wanted)
    assert len(fitted.centroids) == pytest.approx(wanted, abs=np.sqrt(wanted) * (wanted > 256))


def test_there_are_never_more_cells_than_photos() -> None:
    fitted = fit_clustering(CASES["a few"], cells=50)
    assert len(fitted.centroids) == 9
    assert fitted.assign(CASES["a few"])[1].max() < 1e-5


def test_of_many_photos_a_sample_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors lie in a file: what is not read costs no memory."""
    monkeypatch.setattr(clustering_module, "_REDUCTION_SAMPLE", 200)
    monkeypatch.setattr(clustering_module, "_TRAINING_PHOTOS", 300)
    many = around_centres(20_000, 8)
    read: list[int] = []

    class Noting(np.ndarray):
        def __getitem__(self, rows: object) -> np.ndarray:
            part = np.asarray(self)[rows]
            read.append(len(part))
            return part

    fitted = fit_clustering(many.view(Noting), cells=5)
    assert read == [200, 300]
    assert_equal(fit_clustering(many, cells=5), fitted)
    other = fit_clustering(many, seed=1, cells=5)
    assert not np.array_equal(other.reduction.components, fitted.reduction.components)


def test_the_rank_is_chosen_on_what_is_really_near_the_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sample is less dense than the library, and would promise too much."""
    monkeypatch.setattr(clustering_module, "_REDUCTION_SAMPLE", 150)
    dense = around_centres(6000, 64, subjects=40, spread=1.2)
    queries = around_centres(100, 64, subjects=40, spread=1.2, seed=1)
    fitted = fit_clustering(dense, queries, cells=5).reduction
    sample = dense[np.sort(np.random.default_rng(0).choice(6000, 150, replace=False))]
    assert fitted.rank > fit_reduction(sample, queries).rank
    whole = fit_all_components(sample)
    assert recall_by_rank(whole, dense, queries)[fitted.rank] >= KEPT_RECALL - 1e-3


@given(st.integers(1, 10_000_000))
def test_cells_grow_with_the_library_but_are_never_empty_by_number(photos: int) -> None:
    cells = cell_count(photos)
    assert 1 <= cells <= photos
    assert cells <= cell_count(photos + 1)
    assert cells == 1 or photos / cells >= 8
