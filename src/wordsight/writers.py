"""Who may write into a library: one run alone, or several beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from wordsight.catalog import Catalog, is_shared
from wordsight.errors import LibraryError

if TYPE_CHECKING:
    from wordsight.catalog.leases import Run


class Writers:
    """Locks the library's folder, which is made first, and the catalog where others may use it."""

    def __init__(self, folder: Path, catalog: Callable[[], Catalog], url: URL) -> None:
        self._folder = folder
        self._catalog = catalog
        self._url = url

    @contextmanager
    def indexing(self) -> Iterator[tuple[Run | None, bool]]:
        """What other runs know this one by, where there may be some, and whether it is this one
        that publishes snapshots in the folder.

        Raises:
            LibraryError: another run is under way, and may not be joined.
        """
        if not is_shared(self._url):
            with self.alone():
                yield None, True
            return
        with self._locked_folder() as mine, self._catalog().run() as run, self._catalog().patient():
            yield run, mine

    @contextmanager
    def alone(self) -> Iterator[None]:
        """As the only one that writes.

        Raises:
            LibraryError: another run is under way.
        """
        with (
            self._locked_folder() as mine,
            self._catalog().only_writer() if mine else nullcontext(),
            self._catalog().patient() if mine else nullcontext(),
        ):
            if not mine:
                raise LibraryError(
                    f"another run is indexing into {self._folder}; wait for it, or stop it"
                )
            yield

    @contextmanager
    def _locked_folder(self) -> Iterator[bool]:
        """Whether no other run has the folder."""
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder / "lock", timeout=0)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with suppress(Timeout):
                lock.acquire()
            yield lock.is_locked
        except OSError as error:
            raise LibraryError(
                f"cannot write to the library {self._folder}: {error.strerror or error}"
            ) from error
        finally:
            lock.release()
