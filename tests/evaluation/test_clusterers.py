"""What every way to cluster promises, whatever it is given."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres

from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.clustering_rows import ClusteringRow
from wordsight.catalog.memberships import Members
from wordsight.evaluation.clusterers import NOISE, Clusterer, Partition, means_of, partition
from wordsight.evaluation.clusterings import all_clusterers
from wordsight.evaluation.densities import Dbscan, Hdbscan, knee_of_distances
from wordsight.evaluation.kmeans import FlatKMeans, MiniBatchKMeans, TwoLevelKMeans
from wordsight.evaluation.mixtures import GaussianMixture
from wordsight.index.kmeans import nearest_centroids

RANK = 16
SUBJECTS = 5
POINTS = around_centres(200, RANK, subjects=SUBJECTS, spread=0.05)
CLUSTERERS: dict[str, Clusterer] = {
    "two levels": TwoLevelKMeans(8),
    "flat": FlatKMeans(8),
    "spherical": FlatKMeans(8, spherical=True),
    "mini-batch": MiniBatchKMeans(8),
    "diagonal": GaussianMixture(8, "diag"),
    "full": GaussianMixture(3, "full"),
    "hdbscan": Hdbscan(),
    "dbscan": Dbscan(),
}
WITH_CENTROIDS = [name for name in CLUSTERERS if name not in ("diagonal", "full")]


@pytest.fixture(params=CLUSTERERS)
def clusterer(request: pytest.FixtureRequest) -> Clusterer:
    return CLUSTERERS[request.param]


def check(found: Partition, points: np.ndarray) -> None:
    assert found.labels.dtype == np.int64
    assert found.labels.shape == (len(points),)
    inside = found.labels[found.labels != NOISE]
    assert np.array_equal(np.unique(inside), np.arange(found.clusters))
    assert round(found.noise * len(points)) == len(points) - len(inside)
    for array in found.model.values():
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert found.model_bytes == sum(4 * array.size for array in found.model.values())


def test_no_points_are_in_no_cluster(clusterer: Clusterer) -> None:
    found = partition(clusterer, np.empty((0, RANK), np.float32))
    check(found, POINTS[:0])
    assert (found.clusters, found.noise, found.model_bytes) == (0, 0.0, 0)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7])
def test_fewer_points_than_clusters(clusterer: Clusterer, count: int) -> None:
    found = partition(clusterer, POINTS[:count])
    check(found, POINTS[:count])
    assert found.clusters <= count


def test_copies_are_together(clusterer: Clusterer) -> None:
    """Of one photo, and of two: also where there are more clusters than distinct photos."""
    for distinct in (1, 2):
        points = np.repeat(POINTS[[0, -1]][:distinct], 30, axis=0)
        found = partition(clusterer, points)
        check(found, points)
        labels = found.labels.reshape(distinct, 30)
        assert (labels == labels[:, :1]).all()


def test_the_same_seed_gives_the_same(clusterer: Clusterer) -> None:
    one, other = (partition(clusterer, POINTS, seed=7) for _ in range(2))
    assert np.array_equal(one.labels, other.labels)
    assert one.model.keys() == other.model.keys()
    assert all(np.array_equal(one.model[name], other.model[name]) for name in one.model)


@pytest.mark.parametrize("name", ["two levels", "flat", "spherical", "mini-batch", "diagonal"])
def test_another_seed_gives_something_else(name: str) -> None:
    points = around_centres(300, RANK)
    one, other = (partition(CLUSTERERS[name], points, seed).model for seed in (0, 1))
    assert any(not np.array_equal(one[array], other[array]) for array in one)


def test_points_far_apart_are_never_together(clusterer: Clusterer) -> None:
    """Five subjects, tight and far from each other; those with fewer clusters may join some."""
    found = partition(clusterer, POINTS)
    check(found, POINTS)
    if isinstance(clusterer, GaussianMixture) and clusterer.components < SUBJECTS:
        assert found.clusters == clusterer.components
        return
    subjects = nearest_subject(POINTS)
    for label in range(found.clusters):
        assert len(np.unique(subjects[found.labels == label])) == 1


def nearest_subject(points: np.ndarray) -> np.ndarray:
    """Which points belong together, told by their distances alone."""
    near = np.linalg.norm(points[:, None] - points[None], axis=2) < 0.7
    assert len(np.unique(near, axis=0)) == SUBJECTS
    return np.unique(near, axis=0, return_inverse=True)[1].ravel()


@pytest.mark.parametrize("name", WITH_CENTROIDS)
def test_centroids_come_back_from_the_database(name: str, tmp_path: Path) -> None:
    found = partition(CLUSTERERS[name], POINTS)
    centroids, rank = found.model["centroids"], POINTS.shape[1]
    catalog = Catalog(sqlite_url(tmp_path / "catalog.db"))
    row = ClusteringRow(
        "models-1",
        name,
        {"seed": 0},
        {},
        len(POINTS),
        False,
        np.zeros(rank, np.float32),
        np.eye(rank, dtype=np.float32),
        np.full(rank, 1 / rank, np.float32),
        centroids,
        np.zeros(len(centroids), np.int64),
    )
    loaded = catalog.clusterings.load(catalog.clusterings.add(row, Members.of_none()))
    catalog.close()
    assert loaded is not None
    assert np.array_equal(loaded.centroids, centroids)
    cells, _ = nearest_centroids(POINTS, loaded.centroids, loaded.groups)
    inside = found.labels != NOISE
    assert np.array_equal(partition_of(cells[inside]), partition_of(found.labels[inside]))


def partition_of(labels: np.ndarray) -> np.ndarray:
    """The first place of each point's cluster: the same for the same clusters."""
    return np.array([np.flatnonzero(labels == label)[0] for label in labels])


def test_clusterers_go_to_another_process(clusterer: Clusterer) -> None:
    copy = pickle.loads(pickle.dumps(clusterer))
    assert (copy, copy.name, copy.parameters) == (clusterer, clusterer.name, clusterer.parameters)


def test_all_methods_are_compared_by_names_of_their_own() -> None:
    names = [one.name for one in all_clusterers(20_000, 96)]
    assert len(set(names)) == len(names) == 9


@pytest.mark.parametrize("photos", [20, 300, 20_000, 1_000_000])
def test_mixtures_have_photos_enough_for_each_component(photos: int) -> None:
    for one in all_clusterers(photos, 96):
        if isinstance(one, GaussianMixture):
            numbers = 1 if one.covariance == "diag" else 8 * 96
            assert one.components == 1 or one.components * numbers <= photos


def test_spherical_centroids_have_unit_length() -> None:
    centroids = partition(FlatKMeans(8, spherical=True), 3 * POINTS).model["centroids"]
    assert np.linalg.norm(centroids, axis=1) == pytest.approx(np.ones(8), abs=1e-5)


def test_the_knee_is_between_the_dense_and_the_lonely() -> None:
    lonely = 10 * around_centres(6, RANK, subjects=6)
    assert 0.05 < knee_of_distances(np.concatenate([POINTS, lonely])) < 1


def test_the_mean_is_of_a_clusters_own_points() -> None:
    points = np.array([[0, 0], [2, 4], [9, 9], [5, 1]], np.float32)
    means = means_of(points, np.array([0, 0, NOISE, 1]))
    assert means.tolist() == [[1, 2], [5, 1]]
    assert means.dtype == np.float32
