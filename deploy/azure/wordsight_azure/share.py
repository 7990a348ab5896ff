"""What all instances read, on a mounted share, and the copy that an instance makes of it.

Every file is compared with its recorded SHA-256, which reads all of it. So a copy costs little
more than that, and afterwards no search waits for the network.
"""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from filelock import FileLock

from wordsight.errors import LibraryError, ModelError
from wordsight.index.snapshot import MANIFEST, Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import SOURCES, ModelSet

_DATABASE = ("catalog.db", "catalog.db-wal")
_KEYS = "keys.json"
_THUMBNAILS = "thumbnails"


class Share:
    """
    Args:
        share: the mounted folder.
        local: where to copy it to; None uses it where it is.
    """

    def __init__(self, share: Path, local: Path | None) -> None:
        self._share = share
        self._local = local
        self._turn: AbstractContextManager[object] = nullcontext()
        if local is not None:  # an instance may have several processes
            local.mkdir(parents=True, exist_ok=True)
            self._turn = FileLock(local / "lock")

    def models(self) -> Path:
        """The folder of the models.

        Raises:
            ModelError: files are missing, or damaged.
        """
        theirs = self._share / "models"
        if self._local is None:
            _check_models(theirs)
            return theirs
        ours = self._local / "models"
        with self._turn:
            if not _same(theirs / SOURCES, ours / SOURCES):
                aside = _emptied(ours.with_suffix(".part"))
                for path in _files(theirs):
                    shutil.copyfile(path, aside / path.name)
                _check_models(aside)
                shutil.rmtree(ours, ignore_errors=True)
                aside.rename(ours)
        return ours

    def library(self, database: bool) -> Path:
        """The library's folder, with the snapshot that is current.

        Args:
            database: whether its catalog is in it, and is to be copied too.

        Raises:
            LibraryError: the snapshot is damaged.
        """
        if self._local is None:
            _check_snapshot(SnapshotStore(self._share / "snapshots").current())
            return self._share
        thumbnails = self._share / _THUMBNAILS  # made once for all instances
        with self._turn:
            if database:
                for name in _DATABASE:
                    with suppress(FileNotFoundError):
                        _replace(self._share / name, self._local / name)
            with suppress(OSError):
                thumbnails.mkdir(exist_ok=True)
                (self._local / _THUMBNAILS).symlink_to(thumbnails)
        self.refresh()
        return self._local

    def refresh(self) -> None:
        """Copy a newer snapshot, and the keys as they are now.

        Raises:
            LibraryError: the snapshot is damaged; the one before it stays in use.
            OSError: the share cannot be read.
        """
        if self._local is None:
            return
        with self._turn:
            self._refresh_keys(self._local)
            self._refresh_snapshot(self._local)

    def _refresh_keys(self, local: Path) -> None:
        try:
            _replace(self._share / _KEYS, local / _KEYS)
        except FileNotFoundError:
            (local / _KEYS).unlink(missing_ok=True)

    def _refresh_snapshot(self, local: Path) -> None:
        theirs = SnapshotStore(self._share / "snapshots").current()
        store = SnapshotStore(local / "snapshots")
        ours = store.current()
        if theirs is None or (ours is not None and _same(theirs / MANIFEST, ours / MANIFEST)):
            return

        def fill(aside: Path) -> None:
            for path in _files(theirs):
                shutil.copyfile(path, aside / path.name)
            _check_snapshot(aside)

        store.publish(fill)


def _check_models(folder: Path) -> None:
    damaged = ModelSet(folder).damaged_files()
    if damaged:
        raise ModelError(
            f"models on the share are damaged ({', '.join(damaged)}); copy them there again"
        )


def _check_snapshot(folder: Path | None) -> None:
    if folder is None:
        return
    snapshot = Snapshot(folder)
    damaged = snapshot.damaged_files()
    snapshot.close()
    if damaged:
        raise LibraryError(
            f"the snapshot on the share is damaged ({', '.join(damaged)}); "
            "run `wordsight index` to build a new one"
        )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.read_bytes() == other.read_bytes()
    except FileNotFoundError:
        return False


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _replace(theirs: Path, ours: Path) -> None:
    aside = ours.with_name(f"{ours.name}.part")
    shutil.copyfile(theirs, aside)
    aside.replace(ours)
