"""The Spark job: photos by their URIs in, shards out.

Executors read the photos from where they lie, and write the shards. Neither photos nor embeddings
go through the driver, which gets one row a shard.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.photos.decode import MAX_MEGAPIXELS
from wordsight.photos.places import read_photo, read_sidecar
from wordsight.pipeline.local import LocalEngine
from wordsight.spark.shards import Listed, Shards

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SHARD = 256
"""Photos a shard: what a task that dies may have to do again."""

PARTITION_BYTES = 256 << 20
_PARTITIONS_A_CORE = 3


@dataclass(frozen=True)
class Settings:
    """How executors describe: which weights (a folder there too), how they decode, on how many
    threads each."""

    weights: str = str(WEIGHTS)
    beams: int = 3
    threads: int = 1
    max_megapixels: float = MAX_MEGAPIXELS


@dataclass(frozen=True)
class ShardReport:
    """What one shard took. `skipped` ones were there already."""

    shard: str
    photos: int
    failed: int
    seconds: float
    skipped: bool


_REPORT = "shard string, photos long, failed long, seconds double, skipped boolean"


def describe_photos(listing: DataFrame, place: str, settings: Settings | None = None) -> DataFrame:
    """Describe photos on the cluster that `listing` is of, into shards at `place`.

    Nothing happens before the result is asked for, for instance by `collect`.

    Args:
        listing: columns `key` (long), `uri`, `fingerprint` (strings) and `bytes` (long).
        place: a folder that all machines share, or a store's URI.
        settings: the same for shards at one place.

    Returns:
        One row a shard, as `ShardReport`.
    """
    session = listing.sparkSession
    parts = partition_count(
        int(listing.agg({"bytes": "sum"}).collect()[0][0] or 0),
        session.sparkContext.defaultParallelism,
    )
    split = listing.select("key", "uri", "fingerprint").repartition(parts, "uri")
    ordered = split.sortWithinPartitions("key")  # a task that runs again makes the same shards
    return ordered.mapInArrow(_Task(place, settings or Settings()), _REPORT)


def partition_count(size: int, cores: int) -> int:
    """Partitions of so many bytes of photos: about equal, enough for all cores to end together."""
    return max(_PARTITIONS_A_CORE * cores, math.ceil(size / PARTITION_BYTES))


@dataclass(frozen=True)
class _Task:
    """Describes one partition, in a worker process of an executor."""

    place: str
    settings: Settings

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (Listed(**row) for batch in batches for row in batch.to_pylist())
        while photos := list(islice(rows, SHARD)):
            report = self._describe(photos)
            yield pa.RecordBatch.from_pylist([asdict(report)])

    def _describe(self, photos: Sequence[Listed]) -> ShardReport:
        shards = Shards(self.place)
        name = shards.name(photos)
        if shards.has(name):
            return ShardReport(name, len(photos), 0, 0.0, skipped=True)
        began = time.perf_counter()
        batches = self._engine().run((i, one.uri) for i, one in enumerate(photos))
        outcomes = [outcome for batch in batches for outcome in batch]
        shards.write(name, photos, outcomes)
        failed = sum(outcome.failure is not None for outcome in outcomes)
        return ShardReport(name, len(photos), failed, time.perf_counter() - began, skipped=False)

    def _engine(self) -> LocalEngine:
        return LocalEngine(
            _models(self.settings),
            read_photo,
            _never_known,
            workers=self.settings.threads,
            max_megapixels=self.settings.max_megapixels,
            read_sidecar=read_sidecar,
        )


@cache
def _models(settings: Settings) -> ModelSet:
    """Loaded once a process, which Spark keeps for the tasks to come."""
    return ModelSet(Path(settings.weights), settings.threads, settings.beams)


def _never_known(_: str) -> bool:
    return False
