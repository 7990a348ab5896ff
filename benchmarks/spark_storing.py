"""What one driver can store: shards of made-up descriptions, without photos or Spark."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.inventory import WaitingFile
from wordsight.describing import Describe
from wordsight.index.store import SnapshotStore
from wordsight.indexing import IndexingJob
from wordsight.models.packaged import ModelSet
from wordsight.photos.folder import ListedFile
from wordsight.photos.metadata import Metadata
from wordsight.pipeline.describe import DescribedPhoto, Description
from wordsight.pipeline.local import Outcome
from wordsight.spark.job import SHARD
from wordsight.spark.shards import Listed, Shards

_FOLDER = "file:///made/up/"


@dataclass(frozen=True)
class Stored:
    """Photos a second through the whole indexing job, snapshot included; bytes a photo in shards
    and in the catalog."""

    rate: float
    shard_bytes: float
    catalog_bytes: float


def store(url: str | None, shards: int = 32) -> Stored:
    """Into the catalog at that URL, an empty one; None means one in SQLite."""
    count = shards * SHARD
    with tempfile.TemporaryDirectory() as name:
        made = Shards(f"{name}/shards")
        for number in range(shards):
            _write(made, number)
        size = sum(path.stat().st_size for path in Path(name, "shards").iterdir())
        catalog = Catalog(url or sqlite_url(Path(name, "catalog.db")))
        snapshots = SnapshotStore(Path(name, "snapshots"))
        job = _FromShards(catalog, snapshots, ModelSet(), lambda _: None)
        job.shards = made
        began = time.perf_counter()
        report = job.run([_MadeUp(count)])
        spent = time.perf_counter() - began
        assert report.described == count
        used = catalog.bytes_used()
        catalog.close()
    return Stored(count / spent, size / count, used / count)


@dataclass
class _FromShards(IndexingJob):
    """Reads shards, as the driver does, in place of having photos described."""

    shards: Shards = field(init=False)

    def _describe_by(self) -> Describe:
        return self._read

    def _read(self, files: Iterable[WaitingFile]) -> Iterator[list[Outcome]]:
        rest = iter(files)
        for name in self.shards.names():
            outcomes = [outcome for _, outcome in self.shards.read(name)]
            ids = [file.id for _, file in zip(outcomes, rest, strict=False)]
            yield [Outcome(i, o.metadata, o.photo) for i, o in zip(ids, outcomes, strict=True)]


@dataclass
class _MadeUp:
    count: int
    uri: str = _FOLDER
    unlisted: dict[str, str] = field(default_factory=dict)

    def list(self) -> Iterator[ListedFile]:
        return (ListedFile(f"{_FOLDER}{i:09d}.jpg", 200_000, "1") for i in range(self.count))


def _write(shards: Shards, number: int) -> None:
    random = np.random.default_rng(number)
    vectors = random.normal(size=(SHARD, 2, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    photos, outcomes = [], []
    for i, (said, seen) in enumerate(vectors):
        key = number * SHARD + i
        text = f"a dog number {key} is running through a field of tall grass"
        description = Description(text, -1.0, np.empty((0, 0), np.float32), said, seen)
        photo = DescribedPhoto(f"{key:064d}", 640, 480, "JPEG", description)
        photos.append(Listed(key, f"{_FOLDER}{key:09d}.jpg", "1"))
        outcomes.append(Outcome(key, Metadata(), photo))
    shards.write(shards.name(photos), photos, outcomes)
