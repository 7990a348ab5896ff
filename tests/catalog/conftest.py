"""The databases that the catalog's contract is checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.made_once import empty_catalog
from tests.postgres import postgresql_made_once, postgresql_url

from wordsight.catalog import Catalog


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'catalog.db'}"


def sqlite_made_once(folder: Path) -> str:
    (folder / "catalog.db").write_bytes(empty_catalog())
    return sqlite_url(folder)


DATABASES: dict[str, Callable[[Path], str]] = {
    "sqlite": sqlite_url,
    "postgresql": postgresql_url,
}
"""Each makes the URL of an empty database of its own for every empty folder it is given."""

CATALOGS: dict[str, Callable[[Path], str]] = {
    "sqlite": sqlite_made_once,
    "postgresql": postgresql_made_once,
}
"""The same, with the tables of an empty catalog in it."""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    return DATABASES[request.param](tmp_path)


@pytest.fixture(params=CATALOGS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes URLs of empty catalogs."""
    made = 0

    def new() -> str:
        nonlocal made
        made += 1
        folder = tmp_path / f"database-{made}"
        folder.mkdir()
        return CATALOGS[request.param](folder)

    return new


@pytest.fixture
def catalog(new_url: Callable[[], str]) -> Iterator[Catalog]:
    opened = Catalog(new_url())
    yield opened
    opened.close()
