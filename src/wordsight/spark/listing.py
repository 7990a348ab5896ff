"""The list of photos to describe: completed, and without those that shards tell of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from wordsight.errors import SparkError
from wordsight.spark.shards import Shards

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BYTES_ASSUMED = 256 << 10
"""Of a photo, where the list does not tell: it decides on how many partitions there are."""
_NAMES_A_PARTITION = 512
_IDENTITY = ["key", "uri", "fingerprint"]
_KINDS = {"key": "long", "fingerprint": "string", "bytes": "long"}
_WHOLE_NUMBERS = ("tinyint", "smallint", "int", "bigint")


def complete(listing: DataFrame) -> DataFrame:
    """A list with the column `uri` as one of `key`, `uri`, `fingerprint`, `bytes`.

    What has no key has the hash of its URI. Photos are told apart by the first three.

    Raises:
        SparkError: there is no such column, or keys are not whole numbers.
    """
    from pyspark.sql import functions as fn

    kinds = dict(listing.dtypes)
    if "uri" not in kinds:
        raise SparkError(f"the list of photos has no column uri, but {', '.join(kinds)}")
    if kinds.get("key", "bigint") not in _WHOLE_NUMBERS:
        raise SparkError(f"keys of photos are whole numbers, not {kinds['key']}; leave them out")
    otherwise = {"key": fn.xxhash64("uri"), "fingerprint": fn.lit("")}
    otherwise |= {"bytes": fn.lit(_BYTES_ASSUMED)}
    columns = [fn.col("uri").cast("string")]
    for name, value in otherwise.items():
        given = fn.coalesce(name, value) if name in kinds else value
        columns.append(given.cast(_KINDS[name]).alias(name))
    known = listing.where(fn.col("uri").isNotNull()).select(*columns)
    return known.dropDuplicates(_IDENTITY)


def without_described(listing: DataFrame, place: str) -> DataFrame:
    """Those that no shard at the place tells of. What was out of reach then is tried again."""
    session = listing.sparkSession
    names = Shards(place).names()
    if not names:
        return listing
    parts = min(-(-len(names) // _NAMES_A_PARTITION), session.sparkContext.defaultParallelism)
    frame = session.createDataFrame(pa.table({"name": names})).repartition(parts)
    there = frame.mapInArrow(_Read(place), "key long, uri string, fingerprint string")
    return listing.join(there, _IDENTITY, "left_anti")


@dataclass(frozen=True)
class _Read:
    """What shards tell of, by their names; executors read them."""

    place: str

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        shards = Shards(self.place)
        for batch in batches:
            for name in batch.column("name").to_pylist():
                yield from shards.told(name).select(_IDENTITY).to_batches()
