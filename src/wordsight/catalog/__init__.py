"""The database: what is where, what it shows, and how it is clustered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import URL

from wordsight.catalog.cell_search import CellSearch
from wordsight.catalog.clusterings import Clusterings
from wordsight.catalog.corrections import Corrections
from wordsight.catalog.database import is_catalog, open_database, sqlite_url
from wordsight.catalog.descriptions import Descriptions
from wordsight.catalog.dialects import (
    bytes_used,
    can_search,
    is_shared,
    normal_url,
    only_writer,
    refitting,
    refresh_statistics,
    shown,
)
from wordsight.catalog.encoders import Encoders
from wordsight.catalog.filters import Filtering
from wordsight.catalog.inventory import Inventory
from wordsight.catalog.leases import Run
from wordsight.catalog.likenesses import Likenesses
from wordsight.catalog.photo_metadata import PhotoMetadata
from wordsight.catalog.retrying import patient, patiently
from wordsight.catalog.schema import metadata
from wordsight.catalog.texts import Texts
from wordsight.errors import LibraryError

__all__ = ["Catalog", "is_catalog", "is_shared", "normal_url", "shown", "sqlite_url"]


class Catalog:
    """All tables of one library.

    Args:
        url: of a database, in SQLAlchemy's form. `sqlite_url` makes one from a path.

    Raises:
        LibraryError: the database cannot be opened, or is newer than this wordsight.
    """

    def __init__(self, url: URL | str) -> None:
        self.engine = open_database(url)
        self.inventory = Inventory(self.engine)
        self.descriptions = Descriptions(self.engine)
        self.metadata = PhotoMetadata(self.engine)
        self.corrections = Corrections(self.engine)
        self.encoders = Encoders(self.engine)
        self.likenesses = Likenesses(self.engine)
        self.texts = Texts(self.engine)
        self.filtering = Filtering(self.engine)
        self.clusterings = Clusterings(self.engine)
        self.cell_search = CellSearch(self.engine)

    @property
    def place(self) -> str:
        """Where it is, as it may be printed."""
        return shown(self.engine.url)

    @property
    def can_search(self) -> bool:
        """Whether the database compares vectors itself."""
        return can_search(self.engine)

    def bytes_used(self) -> int:
        """What it takes on the disk that it is on."""
        return bytes_used(self.engine, metadata.sorted_tables)

    def patient(self) -> AbstractContextManager[None]:
        """Meanwhile, wait for a server that is away, as while it restarts."""
        return patient(self.engine)

    def patiently(self, work: Callable[[], None]) -> None:
        """Do work, and once more whenever the connection is lost meanwhile."""
        patiently(self.engine, work)

    def refresh_statistics(self) -> None:
        """To be called when many rows have come at once: plans of queries depend on them."""
        refresh_statistics(self.engine)

    def refitting(self) -> AbstractContextManager[None]:
        """Let only one run at a time fit cells anew; others wait until it has."""
        return refitting(self.engine)

    def run(self) -> Run:
        """A run that describes photos beside others, where a server holds the catalog."""
        return Run(self.engine)

    @contextmanager
    def only_writer(self) -> Iterator[None]:
        """Held by a run that writes, so that it is the only one.

        Raises:
            LibraryError: another run is under way.
        """
        with only_writer(self.engine) as held:
            if not held:
                raise LibraryError(
                    f"another run is indexing into {self.place}; wait for it, or stop it"
                )
            yield

    def close(self) -> None:
        self.engine.dispose()
