"""Where a catalog may be, and what is told of it: never a password."""

from __future__ import annotations

import sys

import pytest

from wordsight.catalog import Catalog
from wordsight.catalog.dialects import normal_url, shown
from wordsight.errors import LibraryError

SECRET = "hush-hush"
SECRET_URLS = [
    f"postgresql://ann:{SECRET}@127.0.0.1:1/photos",
    f"postgres://ann:{SECRET}@127.0.0.1:1/photos",
    f"postgresql+psycopg://127.0.0.1:1/photos?user=ann&password={SECRET}",
    f"postgresql://127.0.0.1:1/photos?sslpassword={SECRET}",
    f"postgresql://ann:{SECRET}@127.0.0.1:port/photos",
    f"mysql://ann:{SECRET}@127.0.0.1/photos",
    f"ann:{SECRET}@127.0.0.1/photos",
]


@pytest.mark.parametrize("url", SECRET_URLS)
def test_no_error_tells_the_password(url: str) -> None:
    with pytest.raises(LibraryError) as told:
        Catalog(url)
    assert SECRET not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_server_that_is_not_there_is_told_with_its_place() -> None:
    with pytest.raises(
        LibraryError, match=r"the catalog postgresql://ann:\*\*\*@127\.0\.0\.1:1/photos"
    ):
        Catalog(f"postgresql://ann:{SECRET}@127.0.0.1:1/photos")


@pytest.mark.parametrize("given", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_goes_by_all_its_names(given: str) -> None:
    url = normal_url(f"{given}://ann@host/photos")
    assert url.drivername == "postgresql+psycopg"
    assert shown(url) == "postgresql://ann@host/photos"


def test_without_the_driver_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LibraryError, match=r"pip install 'wordsight\[postgres\]'"):
        Catalog("postgresql://ann@127.0.0.1:1/photos")
