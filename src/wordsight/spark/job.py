"""The Spark job: photos by their URIs in, shards out.

Executors read the photos from where they lie, and write the shards. Neither photos nor embeddings
go through the driver, which gets one row a shard.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING

import pyarrow as pa

from wordsight.errors import LibraryError, ModelError
from wordsight.memory import few_arenas
from wordsight.models.encoders.registry import find_encoder
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.models.precision import Precision
from wordsight.photos.decode import MAX_MEGAPIXELS
from wordsight.photos.places import read_photo, read_sidecar
from wordsight.pipeline.local import LocalEngine, Outcome
from wordsight.spark.listing import complete, without_described
from wordsight.spark.places import Place
from wordsight.spark.shards import Listed, Shards
from wordsight.spark.worker import share_models, take_gpu

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from wordsight.spark.storing import ServedCatalog, Storing

SHARD = 256
"""Photos a shard: what a task that dies may have to do again."""

PARTITION_BYTES = 256 << 20
_PARTITIONS_A_CORE = 3


@dataclass(frozen=True)
class Settings:
    """How executors describe: which weights (a folder there too; None means those that wordsight
    brings along), in which precision (None means the quickest there), how they decode, on how many
    threads each. `identity` is that of the models they have to have, if it matters, `encoder` where
    another encoder than the packaged one lies there, `catalog` where they may store themselves."""

    weights: str | None = None
    beams: int = 3
    precision: Precision | None = None
    threads: int = 1
    max_megapixels: float = MAX_MEGAPIXELS
    identity: str = ""
    encoder: str | None = None
    catalog: ServedCatalog | None = None


@dataclass(frozen=True)
class ShardReport:
    """What one shard took, of which of a job's partitions, where. `skipped` ones were there.
    Of the photos, `stored` are in the catalog already; if executors were to store and could not,
    there is a reason."""

    shard: str
    photos: int
    failed: int
    seconds: float
    skipped: bool
    partition: int
    host: str
    stored: int = 0
    unstored_reason: str = ""


_COLUMNS = ("key", "uri", "fingerprint", "known")
_REPORT = (
    "shard string, photos long, failed long, seconds double, skipped boolean, partition long, "
    "host string, stored long, unstored_reason string"
)


def describe_photos(listing: DataFrame, place: str, settings: Settings | None = None) -> DataFrame:
    """Describe photos on the cluster that `listing` is of, into shards at `place`.

    Those that shards there tell of already are left out, however the list or the cluster has grown.
    Nothing else happens before the result is asked for, for instance by `collect`.

    Args:
        listing: the column `uri`; if it likes `fingerprint` (string), which changes with the photo,
            `bytes` (long), and `key` (long), what the owner knows it by. Equal rows count once.
        place: a folder that all machines share, or a store's URI.
        settings: the same for shards at one place.

    Returns:
        One row a shard, as `ShardReport`.

    Raises:
        SparkError: the list has no URIs, or the place cannot be used.
    """
    shared = Place(place)
    shared.try_out()
    rest = without_described(complete(listing), shared.uri).persist()
    size = int(rest.agg({"bytes": "sum"}).collect()[0][0] or 0)
    return describe_listed(rest, shared.uri, settings or Settings(), size)


def describe_listed(listing: DataFrame, place: str, settings: Settings, size: int) -> DataFrame:
    """As `describe_photos`, of a list with `key`, `uri` and `fingerprint`, of so many bytes; if it
    has `known` (string), that is the hash of a content that need not be described."""
    parts = partition_count(size, listing.sparkSession.sparkContext.defaultParallelism)
    columns = [name for name in _COLUMNS if name in listing.columns]
    split = listing.select(*columns).repartition(parts, "uri")
    # A task that runs again makes the same shards.
    ordered = split.sortWithinPartitions("key", "uri", "fingerprint")
    return ordered.mapInArrow(_Task(place, settings), _REPORT)


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
        told = partial(ShardReport, name, len(photos), partition=_partition(), host=gethostname())
        if shards.has(name) and len(there := shards.told(name)) == len(photos):
            failed = len(there) - there["failure_stage"].null_count
            return told(failed, 0.0, skipped=True)
        began = time.perf_counter()
        engine = self._engine({one.known for one in photos})
        batches = engine.run((i, one.uri) for i, one in enumerate(photos))
        outcomes = [outcome for batch in batches for outcome in batch]
        outcomes, reason = self._stored(photos, outcomes)
        shards.write(name, photos, outcomes)
        failed = sum(outcome.failure is not None for outcome in outcomes)
        stored = sum(outcome.recorded is not None for outcome in outcomes)
        spent = time.perf_counter() - began
        return told(failed, spent, skipped=False, stored=stored, unstored_reason=reason)

    def _stored(
        self, photos: Sequence[Listed], outcomes: list[Outcome]
    ) -> tuple[list[Outcome], str]:
        """In the catalog, which knows files by their keys; or else the reason why they are not."""
        if self.settings.catalog is None:
            return outcomes, ""
        storing = _storing(self.settings)
        if isinstance(storing, str):
            return outcomes, storing
        of_files = [replace(o, file_id=one.key) for one, o in zip(photos, outcomes, strict=True)]
        try:
            return storing.store(of_files), ""
        except LibraryError as error:
            return outcomes, str(error)

    def _engine(self, known: set[str]) -> LocalEngine:
        return LocalEngine(
            _models(self.settings),
            read_photo,
            known.__contains__,
            workers=self.settings.threads,
            max_megapixels=self.settings.max_megapixels,
            read_sidecar=read_sidecar,
        )


def _partition() -> int:
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    return context.partitionId()


@cache
def _models(settings: Settings) -> ModelSet:
    """Loaded once a process, which Spark keeps for the tasks to come."""
    folder = Path(settings.weights) if settings.weights else WEIGHTS
    take_gpu()
    share_models()
    few_arenas()
    encoder = find_encoder(settings.encoder) if settings.encoder else None
    models = ModelSet(folder, settings.threads, settings.beams, settings.precision, encoder)
    if settings.identity not in ("", models.identity):
        raise ModelError("the executors have other models than the driver; install the same there")
    return models


@cache
def _storing(settings: Settings) -> Storing | str:
    """Opened once a process; what is in the way is in the way of all that it describes."""
    from wordsight.spark.storing import Storing  # the database's libraries, where one is needed

    assert settings.catalog is not None
    try:
        return Storing(settings.catalog, _models(settings))
    except LibraryError as error:
        return str(error)
