"""How far an indexing run has come, for other processes to see."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wordsight.indexing import Progress

_EVERY = 0.5
_STALE = 60.0
"""Seconds between two writes; and after which a note is that of a run that was killed."""


@dataclass(frozen=True)
class RunState:
    """A run that is under way: see `indexing.Progress`. `rate` is in files a second, of the
    stage; both estimates are None while nothing can be told."""

    stage: str
    done: int
    total: int
    failed: int
    rate: float | None
    seconds_left: float | None


@contextmanager
def noted(path: Path, watch: Callable[[Progress], None]) -> Iterator[Callable[[Progress], None]]:
    """A watch that keeps a note in a file as well, as long as the run goes on."""
    note = _Note(path)

    def both(progress: Progress) -> None:
        note.write(progress)
        watch(progress)

    try:
        yield both
    finally:
        with suppress(OSError):
            path.unlink()


def read_note(path: Path) -> RunState | None:
    """What a run has noted; None if none is under way."""
    try:
        if time.time() - path.stat().st_mtime > _STALE:
            return None
        return RunState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class _Note:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._stage = ""
        self._began = (0.0, 0)
        self._written = float("-inf")

    def write(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._began = progress.stage, (now, progress.done)
        elif now - self._written < _EVERY:
            return
        self._written = now
        with suppress(OSError):  # a full disk is told by what matters more
            aside = self._path.with_suffix(f".{os.getpid()}.part")
            aside.write_text(json.dumps(asdict(self._state(progress, now))), encoding="utf-8")
            aside.replace(self._path)

    def _state(self, progress: Progress, now: float) -> RunState:
        since, first = self._began
        passed, done = now - since, progress.done - first
        rate = done / passed if passed > 0 and done > 0 else None
        left = (progress.total - progress.done) / rate if rate and progress.total else None
        told = (progress.stage, progress.done, progress.total, progress.failed)
        return RunState(*told, rate, left)
