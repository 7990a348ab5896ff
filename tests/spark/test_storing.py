"""Executors store in PostgreSQL themselves; what they cannot store, the driver does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from sqlalchemy import make_url
from tests.conftest import SAMPLES
from tests.postgres import postgresql_made_once, postgresql_url

from wordsight import Library
from wordsight.catalog import Catalog, is_catalog, sqlite_url
from wordsight.catalog.inventory import Listing
from wordsight.errors import LibraryError
from wordsight.models.packaged import ModelSet
from wordsight.photos.places import read_photo
from wordsight.pipeline.local import LocalEngine, Outcome
from wordsight.spark import storing as storing_module
from wordsight.spark.cluster import Cluster
from wordsight.spark.shards import Shards
from wordsight.spark.storing import ServedCatalog, Storing, served

NOBODY = "postgresql://someone:secret@127.0.0.1:9/photos"


def test_embeddings_do_not_go_through_the_driver(
    session: SparkSession,
    models: ModelSet,
    sample_library: Path,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (photos / "cut.jpg").write_bytes((photos / "china.jpg").read_bytes()[:5000])
    shutil.copy(photos / "coffee.png", photos / "copy.png")
    came: list[Outcome] = []
    read = Shards.read

    def noted(self: Shards, name: str) -> list[tuple[object, Outcome]]:
        rows = list(read(self, name))
        came.extend(outcome for _, outcome in rows)
        return rows  # type: ignore[return-value]

    monkeypatch.setattr(Shards, "read", noted)
    with Library(tmp_path / "library", models, catalog=postgresql_url()) as library:
        cluster = Cluster(session, str(tmp_path / "shards"))
        report = library.index([photos], cluster=cluster)
        assert len(came) == len(SAMPLES) + 2
        assert all(outcome.photo is None for outcome in came)
        assert sum(shard.stored for shard in cluster.reports) == len(SAMPLES) + 1
        assert report.described + report.copies == len(SAMPLES) + 1
        assert report.described >= len(SAMPLES)  # a copy may be described at the same time
        assert report.failed == 1
        assert library.problems() == []
        with Library(sample_library, models) as local:
            assert shown(library) == shown(local)
        again = library.index(cluster=cluster)
        assert (again.described, again.copies, again.failed) == (0, 0, 0)


def shown(library: Library) -> dict[str, tuple[str, float]]:
    hits = library.search("a cat")
    return {hit.sha256: (hit.caption, round(hit.score, 5)) for hit in hits}


def test_where_executors_do_not_reach_the_catalog_the_driver_stores(
    session: SparkSession,
    models: ModelSet,
    sample_photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storing_module, "served", lambda _: ServedCatalog(NOBODY, "some id"))
    with Library(tmp_path / "library", models, catalog=postgresql_url()) as library:
        cluster = Cluster(session, str(tmp_path / "shards"))
        report = library.index([sample_photos], cluster=cluster)
        assert report.described == len(SAMPLES)
        assert library.problems() == []
    assert {shard.stored for shard in cluster.reports} == {0}
    (reason,) = {shard.unstored_reason for shard in cluster.reports}
    assert "cannot be used: connection failed" in reason
    assert "secret" not in reason


def test_another_catalog_at_the_same_url_is_left_alone(models: ModelSet) -> None:
    catalog = Catalog(postgresql_made_once())
    there = served(catalog)
    catalog.close()
    assert there is not None
    Storing(there, models)
    with pytest.raises(LibraryError, match="another catalog"):
        Storing(ServedCatalog(there.url, "another"), models)
    empty = postgresql_url()
    with pytest.raises(LibraryError, match="no catalog"):
        Storing(ServedCatalog(empty, there.catalog_id), models)
    assert not is_catalog(make_url(empty))


def test_a_file_is_not_served(tmp_path: Path) -> None:
    assert served(Catalog(sqlite_url(tmp_path / "catalog.db"))) is None


def test_a_password_is_in_no_picture_of_the_settings() -> None:
    assert "secret" not in repr(ServedCatalog(NOBODY, "some id"))


def test_what_is_there_already_is_a_copy_and_copies_of_what_is_not_stay(
    models: ModelSet, sample_photos: Path
) -> None:
    catalog = Catalog(postgresql_made_once())
    there = served(catalog)
    assert there is not None
    photo = next(sample_photos.glob("china*"))
    ids = listed(catalog, sample_photos)
    storing = Storing(there, models)
    ((one,),) = LocalEngine(models, read_photo, lambda _: False).run([(ids[0], photo.as_uri())])
    orphan = Outcome(ids[1], known_as="0" * 64)
    assert storing.store([one, orphan]) == [Outcome(ids[0], recorded="description"), orphan]
    again = Outcome(ids[2], one.metadata, one.photo)
    assert storing.store([again]) == [Outcome(ids[2], recorded="copy")]
    assert catalog.inventory.counts()["photos"] == 1
    assert catalog.inventory.counts()["described"] == 2
    catalog.close()


def listed(catalog: Catalog, folder: Path) -> list[int]:
    """Ids of the files of a folder."""
    source = catalog.inventory.add_source(folder.as_uri())
    rows = [Listing(path.as_uri(), 1, "1") for path in sorted(folder.iterdir())]
    catalog.inventory.record_listing(source, catalog.inventory.begin_run(), rows)
    return [file.id for file in catalog.inventory.waiting("nobody", retry_failed=False)]
