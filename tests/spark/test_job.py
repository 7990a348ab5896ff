"""Describing on a real Spark, with two Python workers on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from socket import gethostname

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from tests.conftest import SAMPLES

from wordsight.models.packaged import ModelSet
from wordsight.photos.places import read_photo
from wordsight.pipeline.local import LocalEngine, Outcome
from wordsight.spark.job import PARTITION_BYTES, describe_photos, partition_count
from wordsight.spark.session import first_line
from wordsight.spark.shards import Listed, Shards


def listing(session: SparkSession, folder: Path) -> DataFrame:
    paths = sorted(folder.iterdir())
    rows = [(i, path.as_uri(), "1", path.stat().st_size) for i, path in enumerate(paths)]
    return session.createDataFrame(rows, "key long, uri string, fingerprint string, bytes long")


def outcomes(place: Path) -> dict[str, Outcome]:
    shards = Shards(str(place))
    return {one.uri: outcome for name in shards.names() for one, outcome in shards.read(name)}


def test_every_photo_is_described_once_and_as_on_one_machine(
    session: SparkSession, photos: Path, tmp_path: Path, models: ModelSet
) -> None:
    whole = (photos / "china.jpg").read_bytes()
    (photos / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    shutil.copy(photos / "coffee.png", photos / "copy.png")
    listed = listing(session, photos)
    reports = describe_photos(listed, str(tmp_path / "shards")).collect()
    assert sum(row.photos for row in reports) == len(SAMPLES) + 2
    assert sum(row.failed for row in reports) == 1
    assert {row.host for row in reports} == {gethostname()}
    assert all(row.seconds > 0 and row.partition >= 0 for row in reports)

    found = outcomes(tmp_path / "shards")
    uris = [row.uri for row in listed.collect()]
    assert sorted(found) == sorted(uris)
    engine = LocalEngine(models, read_photo, lambda _: False)
    for batch in engine.run(enumerate(uris)):
        for outcome in batch:
            same(found[uris[outcome.file_id]], outcome)


def same(one: Outcome, two: Outcome) -> None:
    if two.failure is not None:
        assert one.failure is not None
        assert (one.failure.stage, one.failure.reason) == (two.failure.stage, two.failure.reason)
        return
    assert one.metadata == two.metadata
    if one.photo is not None and two.photo is not None:
        mine, other = one.photo.description, two.photo.description
        assert (one.photo.sha256, mine.caption) == (two.photo.sha256, other.caption)
        assert np.abs(mine.caption_vector - other.caption_vector).max() < 1e-6
        assert np.abs(mine.picture_vector - other.picture_vector).max() < 1e-6


def test_a_second_run_describes_nothing(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    place = tmp_path / "shards"
    describe_photos(listing(session, sample_photos), str(place)).collect()
    before = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    again = describe_photos(listing(session, sample_photos), str(place)).collect()
    assert all(row.skipped for row in again)
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == before


def test_partitions_are_by_bytes_and_enough_for_all_cores() -> None:
    assert partition_count(0, 8) == 24
    assert partition_count(1000 * PARTITION_BYTES, 8) == 1000


def test_a_shard_is_named_by_what_it_is_about(tmp_path: Path) -> None:
    shards = Shards(str(tmp_path / "shards"))
    one = Listed(1, "file:///a.jpg", "1")
    names = {
        shards.name(photos)
        for photos in ([one], [Listed(1, "file:///a.jpg", "2")], [Listed(2, one.uri, "1")], [])
    }
    assert len(names) == 4
    assert shards.names() == []


def test_of_an_error_with_two_stacks_the_line_that_tells_is_kept() -> None:
    told = "An exception was thrown:\nTraceback (most recent call last):\n  File x\n{}\n\n\tat java"
    assert first_line(Exception(told.format("OSError: disk full"))) == "OSError: disk full"
    assert first_line(Exception(told.format("wordsight.errors.ModelError: no"))) == "no"
    assert first_line(Exception("only this\n\tat java")) == "only this"
