"""The database: what is where, what it shows, and how it is clustered."""

from __future__ import annotations

from sqlalchemy import URL

from wordsight.catalog.clusterings import Clusterings
from wordsight.catalog.database import open_database, sqlite_url
from wordsight.catalog.descriptions import Descriptions
from wordsight.catalog.inventory import Inventory

__all__ = ["Catalog", "sqlite_url"]


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
        self.clusterings = Clusterings(self.engine)

    def close(self) -> None:
        self.engine.dispose()
