"""The database: what is where, what it shows, and how it is clustered."""

from __future__ import annotations

from wordsight.catalog.clusterings import Clusterings
from wordsight.catalog.database import open_database
from wordsight.catalog.descriptions import Descriptions
from wordsight.catalog.inventory import Inventory


class Catalog:
    """All tables of one library.

    Args:
        url: an SQLAlchemy URL, for instance `sqlite:////home/me/library/catalog.db`.

    Raises:
        LibraryError: the database cannot be opened, or is newer than this wordsight.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self.inventory = Inventory(self._engine)
        self.descriptions = Descriptions(self._engine)
        self.clusterings = Clusterings(self._engine)

    def close(self) -> None:
        self._engine.dispose()
