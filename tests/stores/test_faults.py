"""A blob service that is busy, broken, silent or cut off while a library is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.storage.blob import ContainerClient
from scripts.azurite import connection_string
from tests.conftest import SAMPLES
from tests.stores.faulty_proxy import Fault, Proxy, proxy_before

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.photos.stores import azure, store
from wordsight.photos.stores.source import store_of

PASSING = {
    "busy": Fault(429),
    "busy, and says how long": Fault(503, (("Retry-After", "0.05"),)),
    "broken": Fault(500),
    "silent": Fault(silence=0.6),
    "cut off": Fault(cut=True),
}


@pytest.fixture
def library(tmp_path: Path, models: ModelSet) -> Iterator[Library]:
    with Library(tmp_path / "library", models) as library:
        yield library


@pytest.fixture
def proxy(
    port: int, container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    """Between the library and the container."""
    assert container.container_name
    with proxy_before(port) as proxy:
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection_string(proxy.port))
        monkeypatch.setitem(azure._OPTIONS, "read_timeout", 0.3)
        yield proxy


def is_photo(path: str) -> bool:
    return urlsplit(path).path.endswith((".jpg", ".png"))


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_loses_no_photo_and_describes_none_twice(
    kind: str, library: Library, holiday: str, proxy: Proxy
) -> None:
    fault = PASSING[kind]
    proxy.plan = lambda _, before: fault if before < store.ATTEMPTS - 1 else None
    report = library.index([holiday])
    assert (report.described, report.failed, report.unread) == (len(SAMPLES), 0, 0)
    proxy.plan = lambda *_: None
    again = library.index()
    assert (again.listed, again.described, again.removed) == (len(SAMPLES), 0, 0)
    assert library.problems() == []


def test_a_photo_that_does_not_come_waits_and_comes_the_next_time(
    library: Library, holiday: str, proxy: Proxy
) -> None:
    proxy.plan = lambda path, _: Fault(503) if "chelsea" in path else None
    report = library.index([holiday])
    assert (report.described, report.failed, report.unread) == (len(SAMPLES) - 1, 0, 1)
    assert "503" in report.unread_reason
    asked = next(count for path, count in proxy.asked.items() if "chelsea" in path)
    assert asked == store.ATTEMPTS
    proxy.plan = lambda *_: None
    assert library.index().described == 1
    assert library.search("a cat", limit=1)[0].uris == (f"{holiday}/chelsea.png",)


@pytest.mark.parametrize("kind", ["broken", "cut off"])
def test_a_list_that_breaks_off_removes_nothing(
    kind: str, library: Library, holiday: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ContainerClient.list_blobs
    monkeypatch.setattr(
        ContainerClient, "list_blobs", lambda self, p: whole(self, p, results_per_page=4)
    )
    library.index([holiday])
    proxy.plan = lambda path, _: PASSING[kind] if "marker=" in path else None
    report = library.index()
    assert report.unlisted[holiday]
    assert (report.listed, report.removed) == (4, 0)
    assert library.counts()["photos"] == len(SAMPLES)


def test_a_photo_that_is_deleted_while_it_is_read_is_told(
    library: Library, holiday: str, proxy: Proxy, container: ContainerClient
) -> None:
    def plan(path: str, before: int) -> Fault | None:
        if "chelsea" in path and not before:
            container.delete_blob("holiday/chelsea.png")
        return None

    proxy.plan = plan
    report = library.index([holiday])
    assert (report.described, report.failed) == (len(SAMPLES) - 1, 1)
    assert "vanished" in library.status().failures[0].reason
    assert library.index().removed == 1
    assert not library.status().failures


def test_few_photos_are_read_at_a_time(library: Library, holiday: str, proxy: Proxy) -> None:
    library.index([holiday])
    assert 1 < proxy.busiest <= 16
    assert sum(map(is_photo, proxy.asked)) == len(SAMPLES)
    store_of.cache_clear()
