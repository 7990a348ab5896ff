"""K-means in one level and in two, and assignment to its centroids."""

from __future__ import annotations

import numpy as np
import pytest
from tests.index.vectors import around_centres

from wordsight.index import kmeans as kmeans_module
from wordsight.index.kmeans import fit_kmeans, nearest_centroids

RANK = 16
POINTS = around_centres(4000, RANK, subjects=100, spread=0.5)
SKEWED = np.concatenate([POINTS[:1000], around_centres(3000, RANK, subjects=1, seed=3)])
"""A quarter of many subjects, and three quarters of one."""

CELLS = 400


@pytest.fixture(scope="module")
def fitted() -> tuple[np.ndarray, np.ndarray]:
    return fit_kmeans(POINTS, CELLS, seed=0)


def squared_distances(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    wide = points.astype(np.float64), centroids.astype(np.float64)
    products = wide[0] @ wide[1].T
    return np.square(wide[0]).sum(1)[:, None] - 2 * products + np.square(wide[1]).sum(1)


def members_of_groups(cells: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return np.bincount(groups[cells], minlength=int(groups[-1]) + 1)


@pytest.mark.parametrize("cells", [1, 2, 255, 256])
def test_up_to_256_cells_are_one_group(cells: int) -> None:
    centroids, groups = fit_kmeans(POINTS[:300], cells, seed=0)
    assert centroids.shape == (cells, RANK)
    assert groups.tolist() == [0] * cells
    assert groups.dtype == np.int64


@pytest.mark.parametrize("cells", [257, 300, 400])
def test_from_257_cells_on_there_are_two_levels(cells: int) -> None:
    centroids, groups = fit_kmeans(POINTS[:2500], cells, seed=0)
    count = int(groups[-1]) + 1
    assert count == pytest.approx(np.sqrt(cells), abs=1)
    assert len(centroids) == len(groups) == pytest.approx(cells, abs=count)
    assert centroids.dtype == np.float32
    assert np.isfinite(centroids).all()


def test_cells_of_a_group_are_consecutive(fitted: tuple[np.ndarray, np.ndarray]) -> None:
    _, groups = fitted
    assert groups[0] == 0
    assert set(np.diff(groups).tolist()) == {0, 1}
    assert groups.dtype == np.int64


@pytest.mark.parametrize("cells", [100, CELLS])
def test_the_same_seed_gives_the_same_centroids(cells: int) -> None:
    first, first_groups = fit_kmeans(POINTS, cells, seed=3)
    again, groups = fit_kmeans(POINTS.copy(), cells, seed=3)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first_groups, groups)
    other, _ = fit_kmeans(POINTS, cells, seed=4)
    assert other.shape != first.shape or not np.allclose(first, other)


@pytest.mark.parametrize("points", [POINTS, SKEWED], ids=["even", "skewed"])
def test_groups_get_cells_by_their_size_so_that_none_grows_out_of_bounds(
    points: np.ndarray,
) -> None:
    centroids, groups = fit_kmeans(points, CELLS, seed=0)
    cells, _ = nearest_centroids(points, centroids, groups)
    held = members_of_groups(cells, groups)
    shares = np.bincount(groups) / len(groups)
    np.testing.assert_allclose(held / len(points), shares, atol=0.03)
    assert np.bincount(cells).max() < 8 * len(points) / len(centroids)


def test_every_cell_was_made_for_some_points(fitted: tuple[np.ndarray, np.ndarray]) -> None:
    cells, _ = nearest_centroids(POINTS, *fitted)
    assert (np.bincount(cells, minlength=len(fitted[0])) > 0).mean() > 0.97


def test_centroids_are_the_means_of_their_members() -> None:
    centroids, groups = fit_kmeans(POINTS, 20, seed=0)
    cells, distances = nearest_centroids(POINTS, centroids, groups)
    means = np.stack([POINTS[cells == cell].mean(0) for cell in range(20)])
    spread = np.square(POINTS - means[cells]).sum(1).mean()
    assert distances.mean() == pytest.approx(spread, rel=0.02)
    assert spread < 0.7 * np.square(POINTS - POINTS.mean(0)).sum(1).mean()


@pytest.mark.parametrize("cells", [1, 7, 200])
def test_in_one_level_the_nearest_centroid_is_always_found(cells: int) -> None:
    centroids, groups = fit_kmeans(POINTS[:500], cells, seed=0)
    others = around_centres(300, RANK, subjects=100, seed=5)
    for points in (POINTS[:500], others):
        found, distances = nearest_centroids(points, centroids, groups)
        true = squared_distances(points, centroids)
        chosen = np.take_along_axis(true, found[:, None], axis=1)[:, 0]
        np.testing.assert_allclose(chosen, true.min(1), atol=1e-5)
        np.testing.assert_allclose(distances, chosen, atol=1e-5)
        assert (found.dtype, distances.dtype) == (np.int64, np.float32)


def test_in_two_levels_it_is_found_nearly_always(fitted: tuple[np.ndarray, np.ndarray]) -> None:
    for points in (POINTS, around_centres(1000, RANK, subjects=100, seed=5)):
        found, distances = nearest_centroids(points, *fitted)
        true = squared_distances(points, fitted[0])
        assert (found == true.argmin(1)).mean() > 0.95
        assert distances.mean() < 1.05 * true.min(1).mean()
        chosen = np.take_along_axis(true, found[:, None], axis=1)[:, 0]
        np.testing.assert_allclose(distances, chosen, atol=1e-5)


def test_where_all_groups_are_around_it_is_found_always(
    fitted: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kmeans_module, "_GROUPS_SEARCHED", int(fitted[1][-1]) + 5)
    found, distances = nearest_centroids(POINTS, *fitted)
    true = squared_distances(POINTS, fitted[0])
    np.testing.assert_allclose(distances, true.min(1), atol=1e-5)
    chosen = np.take_along_axis(true, found[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(chosen, true.min(1), atol=1e-5)


def test_a_point_alone_is_assigned_as_among_others(fitted: tuple[np.ndarray, np.ndarray]) -> None:
    found, distances = nearest_centroids(POINTS[:50], *fitted)
    for place in range(50):
        alone = nearest_centroids(POINTS[place : place + 1], *fitted)
        assert alone[0].tolist() == [found[place]]
        assert alone[1] == pytest.approx(distances[place], abs=1e-5)


def test_copies_are_clustered_without_complaint() -> None:
    points = np.tile(POINTS[:3], (900, 1))
    centroids, groups = fit_kmeans(points, 300, seed=0)
    assert np.isfinite(centroids).all()
    cells, distances = nearest_centroids(points, centroids, groups)
    assert all(len(np.unique(cells[i::3])) == 1 for i in range(3))  # copies stay together
    assert distances.max() < 1e-3
