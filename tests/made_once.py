"""What takes longer to make than to test, made once and copied."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from wordsight.catalog import Catalog, sqlite_url


@cache
def empty_catalog() -> bytes:
    """The file of a catalog without photos. All copies have the same random id."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        Catalog(sqlite_url(path)).close()
        return path.read_bytes()
