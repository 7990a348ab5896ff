"""A cluster to describe photos on, as a program or a person names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from wordsight.spark.job import ShardReport


@dataclass(frozen=True)
class Cluster:
    """Photos are described by the executors of `session`.

    What they say comes by way of `shards`: a folder that all machines share, or a store's URI.
    Cells of snapshots that a run builds are made there too, of `cells_from` photos and more.
    What each shard took is added to `reports` as pages of photos end.
    """

    session: SparkSession
    shards: str
    cells_from: int = 1_000_000
    reports: list[ShardReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        from wordsight.spark.places import Place  # which needs the extra

        # Executors have working directories of their own.
        object.__setattr__(self, "shards", Place(self.shards).uri.rstrip("/"))

    @property
    def threads(self) -> int:
        """Of each task: as many as Spark gives it cores."""
        return int(self.session.sparkContext.getConf().get("spark.task.cpus", "1"))

    @property
    def page(self) -> str | None:
        """The address of Spark's own page about the session; None where it has none."""
        address = self.session.sparkContext.uiWebUrl
        return str(address) if address else None
