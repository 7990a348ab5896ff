"""Cells made on Spark agree with those made on one machine, as far as sums in any order can."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession
from tests.conftest import SAMPLES
from tests.index.vectors import around_centres
from tests.postgres import postgresql_url

from wordsight import Library, publishing
from wordsight.errors import SparkError
from wordsight.index.cell_making import CellMaker, LocalCellMaker
from wordsight.index.cells import Cells
from wordsight.index.clustering import Clustering, Membership, fit_clustering
from wordsight.index.ranking import Probing
from wordsight.indexing import IndexingJob
from wordsight.models.packaged import ModelSet
from wordsight.spark import cell_making
from wordsight.spark import vectors as vectors_on_spark
from wordsight.spark.cell_making import SparkCellMaker
from wordsight.spark.cluster import Cluster

DIMENSION = 32
COPIES, CELLS = 4, 3
"""Of each photo, with bytes of its own; and what suits so many."""
QUERIES = around_centres(40, DIMENSION, seed=1)


@pytest.mark.parametrize("cells", [40, 300])  # one level, and two
def test_it_agrees_with_the_local_fit(session: SparkSession, tmp_path: Path, cells: int) -> None:
    vectors = around_centres(3000, DIMENSION)
    place = tmp_path / "vectors"
    local = fit_clustering(vectors, QUERIES, 0, cells)
    with SparkCellMaker(session, str(place), vectors) as maker:
        fitted = maker.fit(QUERIES, 0, cells)
        membership = maker.assign(fitted)
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
    with SparkCellMaker(session, str(tmp_path / "vectors"), vectors) as maker:
        fitted = maker.fit(cells=1)
        membership = maker.assign(fitted)
    np.testing.assert_allclose(fitted.centroids, local.centroids, atol=1e-6)
    assert membership.cells.tolist() == [0] * 20


@pytest.mark.parametrize("copies", [1, 20])
def test_two_photos_are_enough_even_alike(
    session: SparkSession, tmp_path: Path, copies: int
) -> None:
    vectors = around_centres(2, DIMENSION)[: 2 if copies == 1 else 1].repeat(copies, axis=0)
    with SparkCellMaker(session, str(tmp_path / "vectors"), vectors) as maker:
        fitted = maker.fit(cells=2)
        membership = maker.assign(fitted)
    assert np.isfinite(fitted.centroids).all()
    assert len(membership.cells) == len(vectors)
    assert membership.squared_distances.max() < 1e-5


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_library_is_described_and_clustered_on_spark(
    session: SparkSession, models: ModelSet, photos: Path, tmp_path: Path, database: str
) -> None:
    catalog = postgresql_url() if database == "postgresql" else None
    with Library(tmp_path / "library", models, catalog=catalog) as library:
        cluster = Cluster(session, str(tmp_path / "shards"))
        library.index([photos], cluster=cluster)
        by_executors = sum(report.stored for report in cluster.reports)
        assert by_executors == (len(SAMPLES) if database == "postgresql" else 0)
        assert library.clusterings().fit(cluster=cluster).cells == 1
        fitted = library.clusterings().fit(cells=2, cluster=cluster)
        assert (fitted.photos, fitted.cells) == (len(SAMPLES), 2)
        assert sum(cell.size for cell in library.clusterings().cells()) == len(SAMPLES)
        assert library.problems() == []
        library.index()
        assert library.search("a cat", limit=1)[0].uris[0].endswith("/chelsea.png")
    assert not list((tmp_path / "shards").iterdir())


PART = 1000


@pytest.mark.parametrize("halves", [False, True])
def test_cells_that_executors_fill_are_those_that_one_machine_fills(
    session: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, halves: bool
) -> None:
    """In parts; those of another clustering before are still there."""
    monkeypatch.setattr(vectors_on_spark, "_PART", PART)
    vectors = around_centres(3 * PART + 1, DIMENSION).astype(np.float16 if halves else np.float32)
    local = LocalCellMaker(vectors)
    with SparkCellMaker(session, str(tmp_path / "shards"), vectors) as maker:
        for cells in (300, 40):
            clustering = local.fit(QUERIES, 0, cells)
            made = [_written(by, clustering, tmp_path) for by in (local, maker)]
            for name in ("reduction.npy", "centroids.npy", "sizes.npy"):
                here, there = (np.load(folder / name) for folder in made)
                np.testing.assert_allclose(here, there, atol=1e-6)
            here, there = (Cells(folder) for folder in made)
            rows, compared = here.search(QUERIES, 10, 10, Probing(len(here)))
            found, as_many = there.search(QUERIES, 10, 10, Probing(len(there)))
            assert as_many.tolist() == compared.tolist() == [len(vectors)] * len(QUERIES)
            assert np.mean([np.isin(*pair).mean() for pair in zip(rows, found, strict=True)]) > 0.99
            every, _ = there.search(QUERIES[:1], 10, len(vectors), Probing(len(there)))
            assert np.sort(every[0]).tolist() == list(range(len(vectors)))
        parts = [len(list(folder.iterdir())) for folder in (tmp_path / "shards").glob("cells-*")]
        assert parts == [4, 4]


def test_a_part_that_is_lost_is_told(session: SparkSession, tmp_path: Path) -> None:
    vectors = around_centres(50, DIMENSION)
    with SparkCellMaker(session, str(tmp_path / "shards"), vectors) as maker:
        clustering = maker.fit(cells=2)
        membership = maker.assign(clustering)
        (part,) = (tmp_path / "shards").glob("cells-*/*.faiss")
        part.unlink()
        with pytest.raises(SparkError, match="0 of 50 vectors are in cells"):
            maker.write(tmp_path, clustering, membership)


def _written(maker: CellMaker, clustering: Clustering, where: Path) -> Path:
    folder = Path(tempfile.mkdtemp(dir=where))
    maker.write(folder, clustering, maker.assign(clustering))
    return folder


@pytest.mark.parametrize("few", [False, True])
def test_a_run_fits_the_cells_of_many_photos_on_its_cluster(
    session: SparkSession,
    models: ModelSet,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    few: bool,
) -> None:
    made: list[tuple[str, Clustering]] = []

    class Noted(SparkCellMaker):
        def fit(self, *about: Any) -> Clustering:
            made.append(("fitted", super().fit(*about)))
            return made[-1][1]

        def write(self, folder: Path, clustering: Clustering, membership: Membership) -> None:
            made.append(("written", clustering))
            super().write(folder, clustering, membership)

    monkeypatch.setattr(cell_making, "SparkCellMaker", Noted)
    monkeypatch.setattr(IndexingJob, "exact_below", 1)
    monkeypatch.setattr(publishing, "CHANGES_AT_THE_END", (0, 0.0))
    for path in list(photos.iterdir()):
        for i in range(COPIES - 1):
            (photos / f"{i}-{path.name}").write_bytes(path.read_bytes() + bytes([i]))
    cluster = Cluster(session, str(tmp_path / "shards"), len(SAMPLES) * COPIES + few)
    with Library(tmp_path / "library", models) as library:
        library.index([photos], cluster=cluster)
        assert [what for what, _ in made] == ["fitted", "written"] * (not few)
        _check(library, made)
        (photos / "another.jpg").write_bytes(next(photos.glob("*chelsea*")).read_bytes() + b"!")
        library.index(cluster=cluster)
        assert [what for what, _ in made[2:]] == ([] if few else ["written"])
        _check(library, made)
        assert library.problems() == []
        assert "chelsea" in library.search("a cat")[0].uris[0]


def _check(library: Library, made: list[tuple[str, Clustering]]) -> None:
    """That the snapshot has the cells that were made last."""
    for _, clustering in made[-1:]:
        assert len(clustering.centroids) == CELLS
        folder = library.clusterings().snapshot().folder
        searched = np.load(folder / "centroids.npy")[:, :-1]  # but for the spread
        np.testing.assert_array_equal(searched, clustering.centroids)
        assert (
            np.load(folder / "sizes.npy").sum() == library.clusterings().snapshot().manifest.photos
        )
