"""The generations of a library's snapshots, and which one is current."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from wordsight.errors import LibraryError
from wordsight.index.snapshot import IN_USE, Snapshot, is_in_use

_CURRENT = "CURRENT"
_KEPT = 2
"""The one before the current stays, so that a search that has just read its name can open it;
older ones stay as long as a search has them open."""

_TRIES = 5


class SnapshotStore:
    """The snapshots of one library: `root/000001`, `root/000002`, … and `root/CURRENT`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Path | None:
        """The current snapshot's folder; None before the first."""
        try:
            return self.root / (self.root / _CURRENT).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None

    def open(self) -> Snapshot | None:
        """The current snapshot; None before the first.

        Raises:
            LibraryError: it is damaged.
        """
        for _ in range(_TRIES):
            folder = self.current()
            if folder is None:
                return None
            try:
                return Snapshot(folder)
            except LibraryError:
                if folder == self.current():  # else a newer one was published meanwhile
                    raise
        raise LibraryError("snapshots are replaced faster than one can be opened; try again")

    def publish(self, write: Callable[[Path], None]) -> Path:
        """Let `write` fill a new folder, then make it current by one atomic replacement.

        A kill at any moment leaves the snapshot before it current and whole.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.tidy()
        name = f"{self._newest() + 1:06d}"
        aside = self.root / f"{name}.part"
        aside.mkdir()
        write(aside)
        (aside / IN_USE).touch()
        for path in [*aside.iterdir(), aside]:
            _sync(path)
        aside.rename(self.root / name)
        self._point_to(name)
        self._drop_old()
        return self.root / name

    def tidy(self) -> None:
        """Remove what a run that was killed has left; for the one writer only."""
        for leftover in self.root.glob("*.part"):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)

    def _point_to(self, name: str) -> None:
        pointer = self.root / f"{_CURRENT}.part"
        pointer.write_text(name + "\n", encoding="ascii")
        _sync(pointer)
        pointer.replace(self.root / _CURRENT)
        _sync(self.root)

    def _generations(self) -> list[Path]:
        return sorted(path for path in self.root.iterdir() if path.name.isdigit())

    def _newest(self) -> int:
        names = [int(path.name) for path in self._generations()]
        return max(names, default=0)

    def _drop_old(self) -> None:
        for path in self._generations()[:-_KEPT]:
            if not is_in_use(path):
                shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
