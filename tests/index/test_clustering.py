"""What a clustering promises for any number of photos."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordsight.index.clustering import KEPT_VARIANCE, Clustering, cell_count, fit_clustering

DIMENSION = 32


def around_centres(count: int, seed: int = 0, spread: float = 0.3) -> np.ndarray:
    """Unit vectors around a few directions, as photos of a few subjects are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(7, DIMENSION))
    vectors = centres[random.integers(0, 7, count)]
    vectors = vectors + spread * random.normal(size=(count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def copies(count: int) -> np.ndarray:
    return around_centres(1).repeat(count, axis=0)


CASES = {
    "one": around_centres(1),
    "two": around_centres(2),
    "two alike": copies(2),
    "a few": around_centres(9),
    "fewer than dimensions": around_centres(DIMENSION - 2),
    "forty alike": copies(40),
    "two subjects copied": np.concatenate([around_centres(2)] * 30),
    "a thousand": around_centres(1000),
}


def total_variance(vectors: np.ndarray) -> float:
    wide = vectors.astype(np.float64)
    return float(((wide - wide.mean(0)) ** 2).sum())


@pytest.fixture(scope="module", params=CASES)
def vectors(request: pytest.FixtureRequest) -> np.ndarray:
    return CASES[request.param]


@pytest.fixture(scope="module")
def fitted(vectors: np.ndarray) -> Clustering:
    return fit_clustering(vectors)


def test_every_photo_is_in_a_cell(vectors: np.ndarray, fitted: Clustering) -> None:
    assert fitted.cells.dtype == np.int64
    assert fitted.cells.shape == (len(vectors),)
    assert len(fitted.centroids) == cell_count(len(vectors))
    assert fitted.cells.min() >= 0
    assert fitted.cells.max() < len(fitted.centroids)


def test_all_that_is_learnt_is_finite_float32(fitted: Clustering) -> None:
    for array in (fitted.mean, fitted.components, fitted.centroids):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert fitted.centroids.shape[1] == len(fitted.components)


def test_components_are_orthonormal(fitted: Clustering) -> None:
    products = fitted.components @ fitted.components.T
    np.testing.assert_allclose(products, np.eye(len(products)), atol=1e-4)


def test_enough_variance_is_kept_and_told_truly(vectors: np.ndarray, fitted: Clustering) -> None:
    assert KEPT_VARIANCE - 1e-4 <= fitted.explained_variance <= 1 + 1e-6
    if total_variance(vectors) < 1e-9:
        assert (len(fitted.components), fitted.explained_variance) == (1, 1.0)
        return
    reduced = fitted.reduce(vectors)
    share = total_variance(reduced) / total_variance(vectors)
    assert share == pytest.approx(fitted.explained_variance, abs=1e-3)
    fewer = total_variance(reduced[:, :-1]) / total_variance(vectors)
    assert fewer < KEPT_VARIANCE + 1e-4  # no component too many


def test_each_photo_is_in_the_cell_of_its_nearest_centre(
    vectors: np.ndarray, fitted: Clustering
) -> None:
    reduced = fitted.reduce(vectors)
    distances = ((reduced[:, None] - fitted.centroids[None]) ** 2).sum(2)
    chosen = np.take_along_axis(distances, fitted.cells[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(chosen, distances.min(1), atol=1e-4)


def test_the_same_seed_gives_the_same_clustering(vectors: np.ndarray, fitted: Clustering) -> None:
    again = fit_clustering(vectors.copy())
    for one, other in zip(vars(fitted).values(), vars(again).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_begins_elsewhere() -> None:
    vectors = around_centres(1000)
    first, second = fit_clustering(vectors, seed=0), fit_clustering(vectors, seed=1)
    assert not np.array_equal(first.centroids, second.centroids)
    np.testing.assert_array_equal(first.components, second.components)


def test_photos_of_one_subject_share_few_cells() -> None:
    tight = around_centres(1000, spread=0.01)
    cells = fit_clustering(tight).cells
    subjects = (tight @ tight.T > 0.9).argmax(1)  # the first photo alike stands for the subject
    for cell in np.unique(cells):
        assert len(np.unique(subjects[cells == cell])) == 1


@given(st.integers(1, 10_000_000))
def test_cells_grow_with_the_library_but_are_never_empty_by_number(photos: int) -> None:
    cells = cell_count(photos)
    assert 1 <= cells <= photos
    assert cells <= cell_count(photos + 1)
    assert cells == 1 or photos / cells >= 8
