"""Options of commands that a Spark cluster may work for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wordsight.spark.cluster import Cluster
    from wordsight.spark.job import ShardReport


def spark_options(
    what: str, where: str = "in the library's folder"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`--engine`, `--master` and `--shards`, for those that do `what`; `where` shards lie."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in _options(what, where):
            command = option(command)
        return command

    return add


def _options(what: str, where: str) -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--shards",
            metavar="PLACE",
            help="Folder or store that Spark's machines share, for what goes between them.  "
            f"[default: {where}, with a local master]",
        ),
        click.option(
            "--master",
            metavar="URL",
            help="Of Spark: local[2], spark://host:7077, yarn, k8s://…  [default: local[*]]",
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "spark"]),
            default="local",
            show_default=True,
            help=f"What {what}: this machine, or Spark.",
        ),
    ]


@contextmanager
def cluster_of(
    engine: str, master: str | None, shards: str | None, folder: Path
) -> Iterator[Cluster | None]:
    """That of Spark, as long as it is used; `spark-submit` has said its master already."""
    if engine == "local":
        if master or shards:
            raise click.UsageError("--master and --shards are of --engine spark")
        yield None
        return
    from wordsight.spark.cluster import Cluster
    from wordsight.spark.session import open_session

    session = open_session(master)
    try:
        if not shards and not str(session.sparkContext.master).startswith("local"):
            raise click.UsageError(
                "on a cluster, give --shards: a folder or a store that all its machines share"
            )
        yield Cluster(session, shards or str(folder / "shards"))
    finally:
        session.stop()


def tell_shards(reports: Sequence[ShardReport]) -> str:
    """How quick Spark's tasks were, in a line: a slow machine shows. Empty if none described."""
    made = sorted(
        (report for report in reports if not report.skipped),
        key=lambda report: report.photos / report.seconds,
    )
    if not made:
        return ""
    slowest, middle, quickest = (made[i] for i in (0, len(made) // 2, -1))
    rates = [f"{one.photos / one.seconds:.1f}" for one in (middle, slowest, quickest)]
    shards, machines = len(made), len({report.host for report in made})
    return (
        f"on Spark: {shards} shard{'s' * (shards > 1)} by {machines} machine"
        f"{'s' * (machines > 1)}, a task {rates[0]} photos/s (slowest "
        f"{rates[1]} on {slowest.host}, quickest {rates[2]}){_by_whom(made)}"
    )


def _by_whom(made: Sequence[ShardReport]) -> str:
    """Whether executors stored what they described; empty where they were not to."""
    reasons = [report.unstored_reason for report in made if report.unstored_reason]
    if reasons:
        return f"; stored by the driver in {len(reasons)} of them: {reasons[0]}"
    return "; stored by the executors" if any(report.stored for report in made) else ""
