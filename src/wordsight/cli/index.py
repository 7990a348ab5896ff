"""`wordsight index`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json, shown_path
from wordsight.cli.progress import StageBars
from wordsight.cli.spark import cluster_of, spark_options, tell_shards
from wordsight.memory import few_arenas

if TYPE_CHECKING:
    from wordsight.indexing import IndexReport


@click.command()
@click.argument("folders", nargs=-1)
@click.option("--retry-failed", is_flag=True, help="Try photos that failed before again.")
@click.option(
    "--max-megapixels",
    type=click.FloatRange(min=1, max=178),
    default=100,
    show_default=True,
    help="Refuse pictures that unpack to more (JPEGs unpack at a reduced scale).",
)
@spark_options("describes the photos")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def index(
    library: Path | None,
    folders: tuple[str, ...],
    retry_failed: bool,
    max_megapixels: float,
    engine: str,
    master: str | None,
    shards: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Describe the photos in FOLDERS, and make them findable.

    Run again, it does only what is new or changed, and forgets what is gone. Stopped with
    Ctrl-C, it goes on from there the next time. Without FOLDERS it looks again into all
    folders that it knows. A folder may lie in a store, as az://photos/holiday.

    \b
    wordsight index ~/Pictures
    wordsight index ~/Pictures /mnt/camera
    wordsight index
    wordsight index ~/Pictures --engine spark --master "local[2]"
    """
    few_arenas()
    from wordsight.library import Library
    from wordsight.models.device import unused_gpu

    progress = StageBars(shown=not quiet and sys.stderr.isatty())
    with Library(library) as opened:
        try:
            with cluster_of(engine, master, shards, opened.folder) as cluster, progress:
                progress.link(cluster.page if cluster else None)
                report = opened.index(
                    folders, retry_failed, progress.watch, max_megapixels, cluster
                )
        except KeyboardInterrupt:
            click.echo("\nStopped. What was described is kept; run again to go on.", err=True)
            raise
    if as_json:
        print_json(asdict(report))
    elif not quiet:
        click.echo(_summary(report))
        if cluster is not None and (told := tell_shards(cluster.reports)):
            click.echo(told)
    if report.described and not quiet and (line := unused_gpu()):
        click.echo(f"wordsight: {line}", err=True)
    _tell_what_waits(report)


def _tell_what_waits(report: IndexReport) -> None:
    """What this run could not do, on stderr."""
    if report.unread:
        click.echo(
            f"wordsight: {report.unread} photos could not be read now ({report.unread_reason}); "
            "they wait for the next run",
            err=True,
        )
    if report.elsewhere:
        click.echo(
            f"wordsight: {report.elsewhere} photos are being described by another run", err=True
        )
    for uri, reason in report.unlisted.items():
        click.echo(
            f"wordsight: {shown_path(uri)} could not be listed ({reason}); its photos are kept "
            "as they were",
            err=True,
        )


def _summary(report: IndexReport) -> str:
    done = f"{report.listed} photos listed: {report.described} described"
    if report.described and report.seconds:
        done += f" ({report.described / report.seconds:.0f}/s)"
    parts = [done]
    if report.copies:
        parts.append(f"{report.copies} copies recognised")
    if report.removed:
        parts.append(f"{report.removed} gone")
    if report.failed:
        parts.append(f"{report.failed} failed (`wordsight status` tells why)")
    return ", ".join(parts) + f"; {report.seconds:.1f} s"
