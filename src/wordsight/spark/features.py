"""Features to train on, computed on a cluster (see `wordsight.training.features`).

Executors read the photos from where the collection lies, and write shards; the driver copies one
shard at a time into its files. What an interrupted job has left there, the next one uses.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pyarrow as pa

from wordsight.errors import DatasetError, SparkError
from wordsight.models.runtime import OnnxModel
from wordsight.photos.collection import Collection, Piece
from wordsight.spark.cluster import Cluster
from wordsight.spark.feature_shards import FeatureShards, Outputs
from wordsight.spark.session import first_line
from wordsight.spark.worker import take_gpu
from wordsight.training.features import BATCH, Extract, Part, features_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHARD = 4 * BATCH
"""Photos a shard: of the CNN's grids some 16 MB."""

_LOOK_EVERY = 0.5
_PIECE = pa.struct(
    [("name", pa.string()), ("url", pa.string()), ("start", pa.int64()), ("end", pa.int64())]
)
_STRETCHES = pa.schema([("first", pa.int64()), ("pieces", pa.list_(_PIECE))])
_REPORT = pa.schema([("first", pa.int64()), ("failure", pa.string())])


def extract_on(cluster: Cluster, shard: int = SHARD) -> Extract:
    """By the executors of a cluster; they need neither PyTorch nor the network's file.

    Args:
        shard: photos a shard, a multiple of `BATCH`.
    """
    assert shard % BATCH == 0
    return partial(_extract, cluster, shard)


@contextmanager
def _extract(
    cluster: Cluster, shard: int, collection: Collection, network: Path, view: int, name: str
) -> Iterator[Iterator[Part]]:
    place = f"{cluster.shards}/features-{name}-by{shard}"
    shards = FeatureShards(place)
    shards.give_network(network)
    waiting = set(range(0, len(collection), shard))
    listing = _listing(collection, shard, waiting - shards.firsts())
    task = _Task(place, view, cluster.threads)
    with closing(_parts(shards, waiting, _Job(cluster.session, task, listing))) as parts:
        yield parts
    shards.clear()  # all of it is kept elsewhere


def _listing(collection: Collection, shard: int, missing: set[int]) -> pa.Table:
    """A row for each stretch of photos whose shard is missing."""
    pieces, batches = collection.pieces(), []
    for first in range(0, len(collection), shard):
        row = {"first": first, "pieces": [asdict(one) for one in islice(pieces, shard)]}
        if first in missing:
            batches.append(pa.RecordBatch.from_pylist([row], _STRETCHES))
    return pa.Table.from_batches(batches, _STRETCHES)


def _parts(shards: FeatureShards, waiting: set[int], job: _Job) -> Generator[Part]:
    """Each shard once it is whole."""
    with ThreadPoolExecutor(1, thread_name_prefix="spark") as pool:
        running = pool.submit(job.run)
        try:
            while waiting:
                ended = wait([running], _LOOK_EVERY).done
                for first in sorted(waiting & shards.firsts()):
                    waiting.remove(first)
                    yield first, shards.read(first)
                if ended:
                    running.result()
                    _require_none(waiting, job.task.place)
        finally:
            job.cancel()


class _Job:
    """One of Spark; it runs in a thread of its own."""

    def __init__(self, session: SparkSession, task: _Task, listing: pa.Table) -> None:
        self.task = task
        self._session = session
        self._listing = listing
        self._group = f"wordsight-{uuid4().hex}"

    def run(self) -> None:
        stretches = len(self._listing)
        if not stretches:
            return
        self._session.sparkContext.setJobGroup(self._group, "wordsight: features to train on", True)
        try:
            split = self._session.createDataFrame(self._listing).repartition(stretches, "first")
            told = split.mapInArrow(self.task, "first long, failure string").collect()
        except Exception as error:  # py4j and the JVM raise many kinds
            raise SparkError(f"the Spark job failed: {first_line(error)}") from error
        for row in sorted(told):
            if row.failure:
                raise DatasetError(row.failure)

    def cancel(self) -> None:
        self._session.sparkContext.cancelJobGroup(self._group)


def _require_none(waiting: set[int], place: str) -> None:
    if waiting:
        raise SparkError(
            f"features of photo {min(waiting)} and others did not come to {place}; it has to be a "
            "folder or a store that the executors share with this machine"
        )


@dataclass(frozen=True)
class _Task:
    """Computes stretches of a collection, in a worker process of an executor."""

    place: str
    view: int
    threads: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        shards = FeatureShards(self.place)
        for row in (row for batch in batches for row in batch.to_pylist()):
            first, failure = row["first"], None
            if not shards.has(first):
                photos = [(one["name"], Piece(**one).read()) for one in row["pieces"]]
                try:
                    shards.write(first, self._features(first, photos))
                except DatasetError as error:  # of a photo; another attempt would not help
                    failure = str(error)
            yield pa.RecordBatch.from_pylist([{"first": first, "failure": failure}], _REPORT)

    def _features(self, first: int, photos: list[tuple[str, bytes]]) -> Outputs:
        network = _network(self.place, self.threads)
        parts = [out for _, out in features_of(photos, first, self.view, network, self.threads)]
        return [np.concatenate(output).astype(np.float16) for output in zip(*parts, strict=True)]


@lru_cache(maxsize=1)
def _network(place: str, threads: int) -> OnnxModel:
    """Loaded once a process for each view, which Spark keeps for the tasks to come."""
    take_gpu()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        FeatureShards(place).fetch_network(file)
        return OnnxModel(file, threads)
