"""Runs beside each other, on one catalog and from folders of their own."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.crash.fake_models import FakeModels, fake_models
from benchmarks.crash.scenarios import paint
from tests.postgres import postgresql_made_once

from wordsight import Library, sharing
from wordsight import clusters as clusters_module
from wordsight.catalog import Catalog
from wordsight.catalog.storing import PhotoRow, Placed
from wordsight.clusters import Clusters
from wordsight.index.clustering import Clustering, Membership
from wordsight.indexing import IndexReport, Progress
from wordsight.pipeline import local

DISTINCT, COPIES = 90, 60
Folders = tuple[Path, Path]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "BATCH", 4)
    monkeypatch.setattr(sharing, "_AT_ONCE", 4)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    paint(folder, range(DISTINCT))
    for number in range(COPIES):  # a few places further on, where the other run may be
        shutil.copy(folder / f"{number:02d}.jpg", folder / f"{number + 4:02d}-copy.jpg")
    return folder


class Watched(FakeModels):
    """Takes some time, and counts the photos that it describes."""

    def __init__(self, seen: Counter[bytes]) -> None:
        super().__init__("1")
        self._seen = seen

    def grid(self, pixels: np.ndarray) -> np.ndarray:
        time.sleep(0.01)
        self._seen.update(photo.tobytes() for photo in pixels)
        return super().grid(pixels)


def index_beside(
    url: str, photos: Path, folders: Folders, seen: Counter[bytes]
) -> list[IndexReport]:
    together = threading.Barrier(len(folders))

    def index(folder: Path) -> IndexReport:
        with Library(folder, Watched(seen), url) as library:  # type: ignore[arg-type]
            together.wait()
            return library.index([photos])

    with ThreadPoolExecutor() as pool:
        return list(pool.map(index, folders))


@pytest.mark.parametrize("same_folder", [False, True])
def test_each_photo_is_described_once(tmp_path: Path, photos: Path, same_folder: bool) -> None:
    url, seen = postgresql_made_once(), Counter[bytes]()
    folders = (tmp_path / "one", tmp_path / ("one" if same_folder else "two"))
    reports = index_beside(url, photos, folders, seen)
    assert set(seen.values()) == {1}
    assert len(seen) == DISTINCT
    assert sum(report.described for report in reports) == DISTINCT
    assert sum(report.copies for report in reports) == COPIES
    assert all(report.described > 10 for report in reports)
    assert not any(report.elsewhere or report.removed for report in reports)
    for folder in folders:
        with Library(folder, fake_models(), url) as library:
            assert library.problems() == []
            assert library.counts()["photos"] == DISTINCT
            assert library.counts()["waiting"] == 0
            assert len(library.search("a photo", limit=1000)) == DISTINCT


def test_what_a_killed_run_held_is_described_by_the_one_that_is_left(
    tmp_path: Path, photos: Path
) -> None:
    url = postgresql_made_once()
    killed = Catalog(url)
    dead = killed.run()
    dead.__enter__()

    def kill_after_a_while(seen: Progress) -> None:
        if seen.stage == "list" and seen.total:
            assert len(dead.claim_files("fake-1", False, 0, 20)) == 20
        if seen.stage == "describe" and seen.done and dead._session is not None:
            dead._session.invalidate()  # closes the connection, and nothing else
            dead._session = None

    with Library(tmp_path / "library", fake_models(), url) as library:
        report = library.index([photos], watch=kill_after_a_while)
        assert (report.described, report.copies) == (DISTINCT, COPIES)
        assert library.counts()["waiting"] == 0
    killed.close()


def test_cells_are_fitted_anew_beside_runs_that_describe(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between placing photos and storing them, too: in the end all are in the active cells."""
    url, seen = postgresql_made_once(), Counter[bytes]()
    place, refits = Clusters.place, iter(range(5))

    def place_and_refit(clusters: Clusters, rows: Sequence[PhotoRow]) -> Placed:
        placed = place(clusters, rows)
        active = clusters.active()
        assert active is not None
        if next(refits, None) is not None:
            another = Clusters(clusters._catalog, clusters._models)
            another.add(active.clustering, active.fit, np.empty(0, np.int64), Membership.of_none())
        return placed

    monkeypatch.setattr(Clusters, "place", place_and_refit)
    index_beside(url, photos, (tmp_path / "one", tmp_path / "two"), seen)
    assert next(refits, None) is None
    assert set(seen.values()) == {1}
    with Library(tmp_path / "one", fake_models(), url) as library:
        assert library.problems() == []


def test_where_many_begin_at_once_one_fits_the_first_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = clusters_module.fit_clustering

    def slow(*about: Any) -> Clustering:
        time.sleep(0.3)
        return fit(*about)

    monkeypatch.setattr(clusters_module, "fit_clustering", slow)
    url = postgresql_made_once()
    models = fake_models()
    vectors = np.eye(3, models.encoder.dimension, dtype=np.float32)

    def place(_: int) -> int:
        catalog = Catalog(url)
        placed = Clusters(catalog, models).place_vectors(vectors, vectors)
        catalog.close()
        return placed.clustering_id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(place, range(4)))) == 1
