"""The databases that the catalog's contract is checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wordsight.catalog import Catalog


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'catalog.db'}"


DATABASES: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_url}
"""Each makes the URL of an empty database of its own for every empty folder it is given."""


@pytest.fixture(params=DATABASES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    made = 0

    def new() -> str:
        nonlocal made
        made += 1
        folder = tmp_path / f"database-{made}"
        folder.mkdir()
        return DATABASES[request.param](folder)

    return new


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    opened = Catalog(url)
    yield opened
    opened.close()
