"""Fitting on Spark agrees with fitting on one machine, as far as sums in any order can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession
from tests.conftest import SAMPLES
from tests.index.vectors import around_centres

from wordsight import Library
from wordsight.index.build import Membership
from wordsight.index.clustering import Clustering, fit_clustering
from wordsight.indexing import IndexingJob
from wordsight.models.packaged import ModelSet
from wordsight.spark import clustering as clustering_on_spark
from wordsight.spark.cluster import Cluster
from wordsight.spark.clustering import fit_on_spark

DIMENSION = 32
COPIES, CELLS = 4, 3
"""Of each photo, with bytes of its own; and what suits so many."""
QUERIES = around_centres(40, DIMENSION, seed=1)


@pytest.mark.parametrize("cells", [40, 300])  # one level, and two
def test_it_agrees_with_the_local_fit(session: SparkSession, tmp_path: Path, cells: int) -> None:
    vectors = around_centres(3000, DIMENSION)
    place = tmp_path / "vectors"
    local = fit_clustering(vectors, QUERIES, 0, cells)
    fitted, membership = fit_on_spark(session, str(place), vectors, QUERIES, 0, cells)
    assert not place.exists()

    assert fitted.reduction.rank == local.reduction.rank
    assert np.abs(fitted.reduction.mean - local.reduction.mean).max() < 1e-6
    assert np.abs(fitted.reduction.variances - local.reduction.variances).max() < 1e-5
    turned = np.abs(fitted.reduction.components @ local.reduction.components.T)
    assert np.diag(turned).min() > 0.999  # the same axes, but for their signs

    assert len(fitted.centroids) == pytest.approx(cells, abs=cells / 20)
    assert (np.diff(fitted.groups) >= 0).all()
    _, local_distances = local.assign(vectors)
    assert membership.squared_distances.mean() == pytest.approx(local_distances.mean(), rel=0.03)
    expected, distances = fitted.assign(vectors)
    np.testing.assert_array_equal(membership.cells, expected)
    np.testing.assert_allclose(membership.squared_distances, distances, atol=1e-6)


def test_one_cell_is_the_middle(session: SparkSession, tmp_path: Path) -> None:
    vectors = around_centres(20, DIMENSION)
    local = fit_clustering(vectors, cells=1)
    fitted, membership = fit_on_spark(session, str(tmp_path / "vectors"), vectors, cells=1)
    np.testing.assert_allclose(fitted.centroids, local.centroids, atol=1e-6)
    assert membership.cells.tolist() == [0] * 20


@pytest.mark.parametrize("copies", [1, 20])
def test_two_photos_are_enough_even_alike(
    session: SparkSession, tmp_path: Path, copies: int
) -> None:
    vectors = around_centres(2, DIMENSION)[: 2 if copies == 1 else 1].repeat(copies, axis=0)
    fitted, membership = fit_on_spark(session, str(tmp_path / "vectors"), vectors, cells=2)
    assert np.isfinite(fitted.centroids).all()
    assert len(membership.cells) == len(vectors)
    assert membership.squared_distances.max() < 1e-5


def test_a_library_is_clustered_on_spark(
    session: SparkSession, models: ModelSet, photos: Path, tmp_path: Path
) -> None:
    with Library(tmp_path / "library", models) as library:
        library.index([photos])
        cluster = Cluster(session, str(tmp_path / "shards"))
        assert library.clusterings().fit(cluster=cluster).cells == 1
        fitted = library.clusterings().fit(cells=2, cluster=cluster)
        assert (fitted.photos, fitted.cells) == (len(SAMPLES), 2)
        assert sum(cell.size for cell in library.clusterings().cells()) == len(SAMPLES)
        assert library.problems() == []
        library.index()
        assert library.search("a cat")
    assert not list((tmp_path / "shards").iterdir())


@pytest.mark.parametrize("few", [False, True])
def test_a_run_fits_the_cells_of_many_photos_on_its_cluster(
    session: SparkSession,
    models: ModelSet,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    few: bool,
) -> None:
    fitted: list[tuple[Clustering, Membership]] = []

    def noted(*about: Any) -> tuple[Clustering, Membership]:
        fitted.append(fit_on_spark(*about))
        return fitted[-1]

    monkeypatch.setattr(clustering_on_spark, "fit_on_spark", noted)
    monkeypatch.setattr(IndexingJob, "exact_below", 1)
    for path in list(photos.iterdir()):
        for i in range(COPIES - 1):
            (photos / f"{i}-{path.name}").write_bytes(path.read_bytes() + bytes([i]))
    cluster = Cluster(session, str(tmp_path / "shards"), len(SAMPLES) * COPIES + few)
    with Library(tmp_path / "library", models) as library:
        library.index([photos], cluster=cluster)
        assert len(fitted) == (not few)
        for found, membership in fitted:
            assert len(found.centroids) == CELLS
            folder = library.clusterings().snapshot().folder
            searched = np.load(folder / "centroids.npy")[:, :-1]  # but for the spread
            np.testing.assert_array_equal(searched, found.centroids)
            sizes = np.bincount(membership.cells, minlength=CELLS)
            np.testing.assert_array_equal(np.load(folder / "sizes.npy"), sizes)
        assert library.problems() == []
        assert "chelsea" in library.search("a cat")[0].uris[0]
