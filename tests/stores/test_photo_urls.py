"""Signed addresses, opened by plain HTTP."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from fastapi.testclient import TestClient
from scripts.azurite import KEY
from tests.conftest import Run

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.photos.places import open_source, url_of
from wordsight.photos.stores.source import store_of
from wordsight.server.app import create_app


@pytest.fixture
def library(tmp_path: Path, models: ModelSet, holiday: str) -> Iterator[Library]:
    with Library(tmp_path / "library", models) as library:
        library.index([holiday])
        yield library


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def test_a_signed_address_opens_its_photo_and_no_other(
    container: ContainerClient, holiday: str, sample_photos: Path
) -> None:
    url = url_of(f"{holiday}/chelsea.png", 60)
    assert url
    assert fetched(url) == (sample_photos / "chelsea.png").read_bytes()
    assert status(url.replace("chelsea.png", "coffee.png")) == 403
    assert status(url.partition("?")[0]) in {403, 404}
    request = urllib.request.Request(url, method="DELETE")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=10)
    assert container.get_blob_client("holiday/chelsea.png").exists()


def test_tampered_and_expired_signatures_are_refused(holiday: str) -> None:
    url = url_of(f"{holiday}/chelsea.png", 60)
    assert url
    later = re.sub(r"se=\d{4}", "se=2099", url)
    wider = url.replace("sp=r", "sp=rw")
    assert later != url != wider
    assert [status(later), status(wider)] == [403, 403]
    expired = url_of(f"{holiday}/chelsea.png", -1)
    assert expired
    assert status(expired) == 403


def test_names_of_any_kind_are_signed_for(container: ContainerClient) -> None:
    for name in ["ä ö/100%.jpg", "a?b#c.jpg", "a%20b.jpg"]:
        container.upload_blob(name, name.encode())
    for file in open_source(f"az://{container.container_name}").list():
        url = url_of(file.uri, 60)
        assert url
        assert fetched(url).decode().endswith(".jpg")


def test_the_api_gives_signed_addresses_and_no_key(library: Library) -> None:
    client = TestClient(create_app(library), base_url="http://127.0.0.1")
    answer = client.get("/api/v1/search", params={"q": "a cat", "limit": 3})
    best = answer.json()["results"][0]
    assert best["name"] == "chelsea.png"
    assert fetched(best["url"]) == client.get(best["image"]).content
    assert client.get(best["thumbnail"]).headers["content-type"] == "image/jpeg"
    assert KEY not in answer.text


def test_the_command_gives_signed_addresses_and_no_key(library: Library, wordsight: Run) -> None:
    run = wordsight("search", "a", "cat", "--json", "-n", 1)
    assert run.returncode == 0, run.stderr
    (hit,) = json.loads(run.stdout)
    assert fetched(hit["url"])[1:4] == b"PNG"
    told = [run.stdout, wordsight("status").stdout, wordsight("search", "a cat").stdout]
    assert not any(KEY in text for text in told)
    assert library.folder.exists()


def test_local_photos_have_their_own_address(sample_library: Path, models: ModelSet) -> None:
    with Library(sample_library, models) as library:
        hit = library.search("a cat")[0]
        assert library.pictures.url(hit) == hit.uris[0]
        client = TestClient(create_app(library), base_url="http://127.0.0.1")
        found = client.get("/api/v1/search", params={"q": "a cat"}).json()["results"][0]
        assert found["url"] == found["image"]
        assert client.get(found["url"]).status_code == 200


def test_search_goes_on_without_the_store(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = library.search("a cat")[0]
    store_of.cache_clear()
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    assert library.pictures.url(hit) is None
    client = TestClient(create_app(library), base_url="http://127.0.0.1")
    found = client.get("/api/v1/search", params={"q": "a cat"}).json()["results"][0]
    assert found["url"] == found["image"]
    assert client.get(found["image"]).status_code == 503
