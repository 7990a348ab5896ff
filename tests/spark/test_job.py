"""Describing on a real Spark, with two Python workers on this machine."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from socket import gethostname

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn
from tests.conftest import SAMPLES

from wordsight.errors import SparkError
from wordsight.models.packaged import ModelSet
from wordsight.photos.places import read_photo
from wordsight.pipeline.local import LocalEngine, Outcome
from wordsight.spark import job
from wordsight.spark.job import PARTITION_BYTES, Settings, describe_photos, partition_count
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


def test_worker_processes_map_the_same_weights(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    describe_photos(listing(session, sample_photos), str(tmp_path / "shards")).collect()

    def mapped(_: Iterator[int]) -> Iterator[tuple[int, frozenset[str]]]:
        job._models(Settings(threads=1)).captioner  # noqa: B018, opened here or before
        time.sleep(1)  # so that no process does both
        lines = Path("/proc/self/maps").read_text().splitlines()
        names = (line.split()[-1] for line in lines)
        yield os.getpid(), frozenset(name for name in names if name.endswith(".weights"))

    told = session.sparkContext.parallelize([0, 1], 2).mapPartitions(mapped).collect()
    (one, files), (other, same_files) = told
    assert one != other
    shared = files & same_files
    assert {Path(name).stem for name in shared} >= {"captioner_start", "captioner_step"}


def test_a_second_run_describes_nothing(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    place = tmp_path / "shards"
    describe_photos(listing(session, sample_photos), str(place)).collect()
    before = written(place)
    assert describe_photos(listing(session, sample_photos), str(place)).collect() == []
    assert written(place) == before


def written(place: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in place.iterdir()}


def test_of_a_list_that_has_grown_what_is_new_is_described(
    session: SparkSession, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "shards"
    (photos / "cut.jpg").write_bytes((photos / "china.jpg").read_bytes()[:5000])
    describe_photos(listing(session, photos), str(place)).collect()
    before = written(place)
    (photos / "new.jpg").write_bytes((photos / "china.jpg").read_bytes() + b"new")
    monkeypatch.setattr(job, "_PARTITIONS_A_CORE", 1)  # another cluster parts it otherwise
    changed = fn.when(fn.col("uri").endswith("/coffee.png"), "2").otherwise(fn.col("fingerprint"))
    grown = listing(session, photos).withColumn("key", fn.xxhash64("uri"))
    reports = describe_photos(grown, str(place)).collect()
    assert sum(row.photos for row in reports) == len(SAMPLES) + 2  # their owner's keys are others
    again = describe_photos(grown.withColumn("fingerprint", changed), str(place)).collect()
    assert [(row.photos, row.failed) for row in again] == [(1, 0)]
    assert before.items() <= written(place).items()


def test_what_was_out_of_reach_is_tried_again(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    place = tmp_path / "shards"
    uris = [(sample_photos / "china.jpg").as_uri(), "https://nowhere.invalid/a.jpg"]
    listed = session.createDataFrame([(uri,) for uri in uris], "uri string")
    describe_photos(listed, str(place)).collect()
    reports = describe_photos(listed, str(place)).collect()
    assert [(row.photos, row.failed) for row in reports] == [(1, 1)]


def test_a_list_of_uris_is_enough(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    uris = [path.as_uri() for path in sample_photos.iterdir()]
    rows = [(uri,) for uri in [*uris, uris[0], None]]
    session.createDataFrame(rows, "uri string").write.parquet(str(tmp_path / "list"))
    place = tmp_path / "shards"
    describe_photos(session.read.parquet(str(tmp_path / "list")), str(place)).collect()
    shards = Shards(str(place))
    told = [one.uri for name in shards.names() for one, _ in shards.read(name)]
    assert sorted(told) == sorted(uris)
    assert all(outcome.photo is not None for outcome in outcomes(place).values())


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("path string, bytes long", "no column uri, but path, bytes"),
        ("uri string, key string", "keys of photos are whole numbers, not string"),
    ],
)
def test_a_list_of_another_form_is_told(
    session: SparkSession, tmp_path: Path, columns: str, reason: str
) -> None:
    listed = session.createDataFrame([], columns)
    with pytest.raises(SparkError, match=reason):
        describe_photos(listed, str(tmp_path))


def test_rows_without_a_key_and_equal_rows_count_once(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    album = [(1, path.as_uri()) for path in sorted(sample_photos.iterdir())[:3]]
    rows = [*album, album[0], (None, album[0][1])]
    listed = session.createDataFrame(rows, "key int, uri string")
    for expected in (4, 0):  # the same keys, and another order each time
        reports = describe_photos(listed.orderBy(fn.rand()), str(tmp_path)).collect()
        assert sum(row.photos for row in reports) == expected
    keys = {
        one.key
        for name in Shards(str(tmp_path)).names()
        for one, _ in Shards(str(tmp_path)).read(name)
    }
    assert len(keys) == 2


def test_a_shard_of_before_without_the_newest_column_is_read(tmp_path: Path) -> None:
    shards, photo = Shards(str(tmp_path)), Listed(1, "file:///a.jpg", "1")
    name = shards.name([photo])
    shards.write(name, [photo], [Outcome(1, known_as="a" * 64)])
    whole = pq.read_table(tmp_path / name)
    pq.write_table(whole.drop_columns(["recorded"]), tmp_path / name)
    assert list(shards.read(name)) == [(photo, Outcome(1, known_as="a" * 64))]


def test_a_damaged_shard_is_named(session: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "damaged.parquet").touch()
    listed = session.createDataFrame([("file:///nowhere.jpg",)], "uri string")
    with pytest.raises(Exception, match=r"damaged\.parquet cannot be used"):
        describe_photos(listed, str(tmp_path)).collect()


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
    called = (
        "An error occurred while calling None.org.Some.\n: java.lang.Bad: it stopped.\n\tat java"
    )
    assert first_line(Exception(called)) == "java.lang.Bad: it stopped."
    assert first_line(Exception("only this\n\tat java")) == "only this"
