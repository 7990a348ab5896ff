"""What one driver does alone: it reads shards, stores them, compares photos, builds snapshots.

The shards are made up, of vectors that lie as captions do; there are neither photos nor Spark, so
both cores are the driver's, but where two other processes store as executors do, on the same two
cores. All of it is what `wordsight index` does. *Storing* ends when all is in the catalog;
*snapshots* are those built meanwhile and the last; *comparing* looks for near-duplicates, in groups
where there are many photos.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scripts.postgres_server import new_server
from sqlalchemy import URL

from benchmarks.apart import apart
from benchmarks.index_vectors import make_corpus
from benchmarks.measure import table
from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.inventory import WaitingFile
from wordsight.describing import Describe
from wordsight.index.store import SnapshotStore
from wordsight.indexing import IndexingJob, Progress
from wordsight.models.packaged import ModelSet
from wordsight.photos.folder import ListedFile
from wordsight.photos.metadata import Metadata
from wordsight.photos.thumbprint import SIDE
from wordsight.pipeline.describe import DescribedPhoto, Description
from wordsight.pipeline.local import Outcome
from wordsight.spark.job import SHARD
from wordsight.spark.shards import Listed, Shards
from wordsight.spark.storing import ServedCatalog, Storing, served

SIZES = (69_364, 277_456)
_FOLDER = "file:///made/up/"
_MINUTES = 60
_STAGES = {"list": "listing", "describe": "storing", "cluster": "snapshots", "compare": "comparing"}
_HEADER = ["photos", "catalog", "stored by", "photos a second"]
_HEADER += [
    *(f"{name}, s" for name in _STAGES.values()),
    "of storing: driver's processor, ms a photo",
]
_HEADER += ["bytes a photo in shards", "in the catalog"]
_EXECUTORS = 2


@dataclass(frozen=True)
class Stored:
    """Photos a second through the whole indexing job; seconds by its stage, and the processor's of
    storing a photo; bytes a photo in shards and in the catalog."""

    rate: float
    stages: Counter[str]
    processor: float
    shard_bytes: float
    catalog_bytes: float


def run(data: Path, cache: Path, sizes: Sequence[int] = SIZES) -> str:
    """The section, in Markdown."""
    about = (__doc__ or "").strip().split("\n\n", 1)[1]
    rows = []
    for size in sizes:
        make_corpus(data, cache, size)
        rows.append(_row("SQLite", size, apart(partial(_in_sqlite, data, cache, size), _MINUTES)))
    for by, job in (("driver", _FromShards), ("executors", _ByExecutors)):
        stored = apart(partial(_in_postgresql, job, data, cache, sizes[0]), _MINUTES)
        rows.append(_row("PostgreSQL", sizes[0], stored, by))
    return "\n".join(["## What one driver stores", "", about, "", table(_HEADER, rows)])


def _row(catalog: str, size: int, stored: Stored, by: str = "driver") -> list[str]:
    told = [f"{size // SHARD * SHARD:,}", catalog, by, f"{stored.rate:,.0f}"]
    told += [f"{stored.stages[stage]:.0f}" for stage in _STAGES]
    told.append(f"{1e3 * stored.processor:.2f}")
    return told + [f"{one:,.0f}" for one in (stored.shard_bytes, stored.catalog_bytes)]


def _in_sqlite(data: Path, cache: Path, size: int) -> Stored:
    with tempfile.TemporaryDirectory() as name:
        return _store(_FromShards, sqlite_url(Path(name, "catalog.db")), data, cache, size)


def _in_postgresql(job: type[_FromShards], data: Path, cache: Path, size: int) -> Stored:
    server = new_server()
    try:
        return _store(job, server.get_uri(), data, cache, size)
    finally:
        server.cleanup()


def _store(kind: type[_FromShards], url: URL | str, data: Path, cache: Path, size: int) -> Stored:
    vectors = make_corpus(data, cache, size)
    with tempfile.TemporaryDirectory() as name:
        shards = Shards(f"{name}/shards")
        for number in range(size // SHARD):
            rows = np.arange(number * SHARD, (number + 1) * SHARD)
            _write(shards, number, vectors.take(rows), vectors.take(rows[::-1].copy()))
        written = sum(path.stat().st_size for path in Path(name, "shards").iterdir())
        count = size // SHARD * SHARD
        catalog = Catalog(url)
        clock = _Clock()
        job = kind(catalog, SnapshotStore(Path(name, "snapshots")), ModelSet(), clock)
        job.shards = shards
        began = time.perf_counter()
        report = job.run([_MadeUp(count)])
        spent = time.perf_counter() - began
        assert report.described == count
        used = catalog.bytes_used()
        catalog.close()
    stages, processor = clock.stopped()
    storing = processor["describe"] / count
    return Stored(count / spent, stages, storing, written / count, used / count)


class _Clock:
    """Seconds of each stage, by what is told of progress; and this process's processor's."""

    def __init__(self) -> None:
        self._spent: Counter[str] = Counter()
        self._processor: Counter[str] = Counter()
        self._stage = "list"
        self._since = time.perf_counter(), time.process_time()

    def __call__(self, seen: Progress) -> None:
        now = time.perf_counter(), time.process_time()
        for counter, after, before in zip(
            (self._spent, self._processor), now, self._since, strict=True
        ):
            counter[self._stage] += after - before  # type: ignore[assignment]
        self._stage, self._since = seen.stage, now

    def stopped(self) -> tuple[Counter[str], Counter[str]]:
        self(Progress("", 0, 0))
        return self._spent, self._processor


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


class _ByExecutors(_FromShards):
    """Is told what other processes have stored; shards are what these have described."""

    def _read(self, files: Iterable[WaitingFile]) -> Iterator[list[Outcome]]:
        rest = iter(files)
        there = served(self.catalog)
        assert there is not None
        with ProcessPoolExecutor(_EXECUTORS, get_context("spawn")) as pool:
            under_way = [
                pool.submit(_stored, there, self.shards, name, [f.id for f in islice(rest, SHARD)])
                for name in self.shards.names()
            ]
            for ended in as_completed(under_way):
                yield ended.result()


def _stored(there: ServedCatalog, shards: Shards, name: str, ids: Sequence[int]) -> list[Outcome]:
    outcomes = [outcome for _, outcome in shards.read(name)]
    own = [replace(outcome, file_id=i) for i, outcome in zip(ids, outcomes, strict=True)]
    return _storing(there).store(own)


@cache
def _storing(there: ServedCatalog) -> Storing:
    """Once a process."""
    return Storing(there, ModelSet(threads=1))


@dataclass
class _MadeUp:
    count: int
    uri: str = _FOLDER
    unlisted: dict[str, str] = field(default_factory=dict)

    def list(self) -> Iterator[ListedFile]:
        return (ListedFile(f"{_FOLDER}{i:09d}.jpg", 200_000, "1") for i in range(self.count))


def _write(shards: Shards, number: int, said: np.ndarray, seen: np.ndarray) -> None:
    random = np.random.default_rng(number)
    photos, outcomes = [], []
    for i, (caption, picture) in enumerate(zip(said, seen, strict=True)):
        key = number * SHARD + i
        text = f"a dog number {key} is running through a field of tall grass"
        description = Description(text, -1.0, np.empty((0, 0), np.float32), caption, picture)
        glance = random.bytes(SIDE * SIDE)
        photo = DescribedPhoto(f"{key:064d}", 640, 480, "JPEG", description, glance)
        photos.append(Listed(key, f"{_FOLDER}{key:09d}.jpg", "1"))
        outcomes.append(Outcome(key, Metadata(), photo))
    shards.write(shards.name(photos), photos, outcomes)
