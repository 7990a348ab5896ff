"""`wordsight datasets`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import megabytes, print_json
from wordsight.cli.progress import StageBars

if TYPE_CHECKING:
    from wordsight.datasets.job import FetchReport, Progress

_FAILURES_SHOWN = 20


@click.group()
def datasets() -> None:
    """Fetch public collections of photos, to train with or to search in.

    \b
    wordsight datasets list
    """


@datasets.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_datasets(as_json: bool) -> None:
    """What can be fetched, how large it is, and under which licence."""
    from wordsight.datasets.collections import DATASETS

    if as_json:
        print_json([asdict(row) for row in DATASETS])
        return
    for row in DATASETS:
        click.echo(f"{row.name:<15} {row.images:>6} photos {row.gigabytes:>5} GB  {row.about}")
        click.echo(f"{'':<15} {row.licence}")


@datasets.command()
@click.argument("name")
@click.argument("target")
@click.option("--limit", "-n", type=click.IntRange(min=1), help="The first so many photos only.")
@click.option(
    "--ids",
    type=click.Path(path_type=Path),
    help="For Open Images: a file with an id a line, as train/000002b66c9c498e, or one of its "
    "public CSV lists.  [default: the validation list]",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="The most at a time.",
)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def get(
    name: str,
    target: str,
    limit: int | None,
    ids: Path | None,
    connections: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fetch the collection NAME into TARGET, a folder or a store's URI.

    Run again, it fetches only what is not there yet; stopped with Ctrl-C, it goes on from there
    the next time.

    \b
    wordsight datasets get coco-val2017 /mnt/data
    wordsight datasets get coco-test2014 az://photos/coco
    wordsight datasets get open-images-v6 /mnt/data --ids chosen.txt --limit 1000
    """
    from wordsight.datasets.collections import dataset
    from wordsight.datasets.job import FetchJob

    progress = StageBars(shown=not quiet and sys.stderr.isatty())
    job = FetchJob(dataset(name), target, limit, ids, connections, partial(_show, progress))
    try:
        with progress:
            report = job.run()
    except KeyboardInterrupt:
        click.echo("\nStopped. What was fetched is kept; run again to go on.", err=True)
        raise
    if as_json:
        print_json(asdict(report))
    elif not quiet:
        click.echo(_summary(report))
    _print_failures(report)
    if report.failed:
        raise click.exceptions.Exit(1)


def _show(bars: StageBars, seen: Progress) -> None:
    unit = 1 if seen.stage == "photos" else 10**6
    bars.show(seen.stage, seen.done // unit, seen.total // unit, seen.failed)


def _summary(report: FetchReport) -> str:
    done = f"{report.wanted} photos: {report.fetched} fetched ({megabytes(report.bytes)})"
    if report.present:
        done += f", {report.present} there already"
    if report.failed:
        done += f", {len(report.failed)} failed"
    return f"{done}; {report.seconds:.1f} s"


def _print_failures(report: FetchReport) -> None:
    for name, reason in list(report.failed.items())[:_FAILURES_SHOWN]:
        click.echo(f"wordsight: {name}: {reason}", err=True)
    if len(report.failed) > _FAILURES_SHOWN:
        more = len(report.failed) - _FAILURES_SHOWN
        click.echo(f"wordsight: and {more} more; run again to try them again", err=True)
