"""`wordsight upload`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import megabytes, print_json, shown_path
from wordsight.cli.progress import StageBars

if TYPE_CHECKING:
    from wordsight.photos.upload import UploadReport

_FAILURES_SHOWN = 20


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("target")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def upload(folder: Path, target: str, quiet: bool, as_json: bool) -> None:
    """Put the photos in FOLDER into a store, at the URI TARGET.

    Each is verified by its checksum. Run again, it sends only what is not there yet, or not the
    same; stopped with Ctrl-C, it goes on from there the next time. Nothing is deleted.

    \b
    wordsight upload ~/Pictures az://photos
    wordsight upload ~/Pictures/2024 az://photos/2024
    """
    from wordsight.photos.places import in_store

    if not in_store(target):
        raise click.UsageError(f"{target} is not in a store; write az://CONTAINER/PREFIX")
    from wordsight.photos.upload import upload as put

    progress = StageBars(shown=not quiet and sys.stderr.isatty())
    try:
        with progress:
            report = put(folder, target, partial(progress.show, "upload"))
    except KeyboardInterrupt:
        click.echo("\nStopped. What was sent is kept; run again to go on.", err=True)
        raise
    if as_json:
        print_json(asdict(report))
    elif not quiet:
        click.echo(_summary(report))
    _print_failures(report)
    if report.failed:
        raise click.exceptions.Exit(1)


def _summary(report: UploadReport) -> str:
    done = f"{report.listed} photos listed: {report.uploaded} uploaded ({megabytes(report.bytes)})"
    if report.present:
        done += f", {report.present} there already"
    if report.failed:
        done += f", {len(report.failed)} failed"
    return f"{done}; {report.seconds:.1f} s"


def _print_failures(report: UploadReport) -> None:
    for uri, reason in list(report.failed.items())[:_FAILURES_SHOWN]:
        click.echo(f"wordsight: {shown_path(uri)}: {reason}", err=True)
    if len(report.failed) > _FAILURES_SHOWN:
        more = len(report.failed) - _FAILURES_SHOWN
        click.echo(f"wordsight: and {more} more; run again to try them again", err=True)
