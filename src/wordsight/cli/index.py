"""`wordsight index`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json, shown_path

if TYPE_CHECKING:
    from rich.progress import TaskID

    from wordsight.indexing import IndexReport, Progress

_STAGES = {"list": "Listing", "describe": "Describing", "cluster": "Clustering"}


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--retry-failed", is_flag=True, help="Try photos that failed before again.")
@click.option(
    "--max-megapixels",
    type=click.FloatRange(min=1, max=178),
    default=100,
    show_default=True,
    help="Refuse pictures that unpack to more (JPEGs unpack at a reduced scale).",
)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def index(
    library: Path | None,
    folders: tuple[Path, ...],
    retry_failed: bool,
    max_megapixels: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Describe the photos in FOLDERS, and make them findable.

    Run again, it does only what is new or changed, and forgets what is gone. Stopped with
    Ctrl-C, it goes on from there the next time. Without FOLDERS it looks again into all
    folders that it knows.

    \b
    wordsight index ~/Pictures
    wordsight index ~/Pictures /mnt/camera
    wordsight index
    """
    from wordsight.library import Library

    progress = _Bars(shown=not quiet and sys.stderr.isatty())
    with Library(library) as opened:
        try:
            with progress:
                report = opened.index(
                    folders, retry_failed, progress.watch, max_megapixels=max_megapixels
                )
        except KeyboardInterrupt:
            click.echo("\nStopped. What was described is kept; run again to go on.", err=True)
            raise
    if as_json:
        print_json(asdict(report))
    elif not quiet:
        click.echo(_summary(report))
    for uri, reason in report.unlisted.items():
        click.echo(
            f"wordsight: {shown_path(uri)} could not be listed ({reason}); its photos are kept "
            "as they were",
            err=True,
        )


class _Bars:
    """A bar for each stage: done, rate and time left. Without a terminal, nothing."""

    def __init__(self, shown: bool) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def watch(self, seen: Progress) -> None:
        if seen.stage not in self._tasks:
            name = _STAGES[seen.stage]
            self._tasks[seen.stage] = self._progress.add_task(name, total=None, note="")
        task = self._tasks[seen.stage]
        speed = self._progress.tasks[task].speed
        note = f"{speed:.0f}/s" if speed and seen.stage == "describe" else ""
        if seen.failed:
            note += f" {seen.failed} failed"
        self._progress.update(task, completed=seen.done, total=seen.total or None, note=note)


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
