"""Progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from wordsight.indexing import Progress

_STAGES = {
    "list": "Listing",
    "describe": "Describing",
    "upload": "Uploading",
    "read": "Reading metadata",
    "glance": "Looking at photos again",
    "encode": "Encoding anew",
    "compare": "Comparing photos",
    "cluster": "Clustering",
    "annotations": "Fetching the list, MB",
    "archive": "Fetching the archive, MB",
    "photos": "Fetching photos",
}
_ON_SPARK = {"describe", "cluster"}
_RATED = {"describe", "glance", "encode", "compare", "upload", "archive", "photos"}


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal, for commands that count one thing; gives the function to be told
    how many more are done."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


class StageBars:
    """A bar for each stage of indexing: done, rate and time left."""

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
        self._page = ""

    def link(self, page: str | None) -> None:
        """The address of a page that tells more of the work: a line, and what the bars link."""
        if page and not self._progress.disable:
            self._page = page
            self._progress.console.print(f"Spark's jobs: {page}", soft_wrap=True)

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def watch(self, seen: Progress) -> None:
        self.show(seen.stage, seen.done, seen.total, seen.failed)

    def show(self, stage: str, done: int, total: int, failed: int = 0) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(self._name(stage), total=None, note="")
        task = self._tasks[stage]
        speed = self._progress.tasks[task].speed
        note = f"{speed:.0f}/s" if speed and stage in _RATED else ""
        if failed:
            note += f" {failed} failed"
        self._progress.update(task, completed=done, total=total or None, note=note)

    def _name(self, stage: str) -> str:
        name = _STAGES[stage]
        return f"[link={self._page}]{name}[/link]" if self._page and stage in _ON_SPARK else name
