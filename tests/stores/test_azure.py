"""Libraries of photos in Azure Blob Storage, with a real blob service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from scripts.azurite import KEY, connection_string, free_port
from tests.conftest import SAMPLES

from wordsight import Library
from wordsight.errors import LibraryError, PhotoError, SourceError
from wordsight.models.packaged import ModelSet
from wordsight.photos.places import open_source, read_photo
from wordsight.photos.stores.source import store_of


@pytest.fixture
def library(tmp_path: Path, models: ModelSet) -> Iterator[Library]:
    with Library(tmp_path / "library", models) as library:
        yield library


def test_photos_in_blobs_are_described_and_found(library: Library, holiday: str) -> None:
    report = library.index([holiday])
    assert (report.listed, report.described, report.failed) == (len(SAMPLES), len(SAMPLES), 0)
    hit = library.search("a cat", limit=1)[0]
    assert hit.uris == (f"{holiday}/chelsea.png",)
    assert library.pictures.thumbnail(hit)
    assert library.pictures.original(hit) == read_photo(hit.uris[0])


def test_only_what_changed_is_described_again(
    library: Library, holiday: str, container: ContainerClient, sample_photos: Path
) -> None:
    library.index([holiday])
    assert library.index().described == 0
    new = (sample_photos / "rocket.jpg").read_bytes() + b"\0"
    container.upload_blob("holiday/chelsea.png", new, overwrite=True)
    container.upload_blob("holiday/copy.png", (sample_photos / "coffee.png").read_bytes())
    container.delete_blob("holiday/flower.jpg")
    report = library.index()
    assert (report.described, report.copies, report.removed) == (1, 1, 1)
    assert library.counts()["files"] == len(SAMPLES)
    assert library.problems() == []


def test_a_store_and_a_folder_in_one_library(library: Library, holiday: str, photos: Path) -> None:
    library.index([photos])
    assert library.index([holiday]).copies == len(SAMPLES)
    library.forget(photos)
    assert library.counts()["files"] == len(SAMPLES)
    library.forget(holiday + "/")
    assert library.counts()["files"] == 0
    with pytest.raises(LibraryError, match="not among the folders"):
        library.forget(holiday)


def test_a_store_that_does_not_answer_keeps_its_photos(
    library: Library, holiday: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.index([holiday])
    store_of.cache_clear()
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection_string(free_port()))
    report = library.index()
    assert "does not answer" in report.unlisted[holiday]
    assert library.counts()["photos"] == len(SAMPLES)
    with pytest.raises(SourceError, match=f"cannot list {holiday}"):
        library.index([holiday])
    store_of.cache_clear()


def test_names_of_any_kind_are_listed_and_read(container: ContainerClient) -> None:
    names = ["ä ö/100%.jpg", "a?b#c.jpg", 'it\'s "x".jpg', "a%20b.jpg", "日本.jpg"]
    for name in names:
        container.upload_blob(name, name.encode())
    for name in [".hidden/1.jpg", "notes.txt"]:
        container.upload_blob(name, b"not listed")
    uri = f"az://{container.container_name}"
    files = {file.uri: file for file in open_source(uri).list()}
    assert sorted(read_photo(uri).decode() for uri in files) == sorted(names)
    assert all(file.mtime_ns and file.size for file in files.values())


def test_listing_goes_on_from_page_to_page(
    container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(7):
        container.upload_blob(f"{i}.jpg", b"pixels")
    source = open_source(f"az://{container.container_name}")
    store = store_of("az", str(container.container_name))
    full = ContainerClient.list_blobs
    monkeypatch.setattr(
        ContainerClient, "list_blobs", lambda self, p: full(self, p, results_per_page=3)
    )
    assert [file.uri[-5:] for file in source.list()] == [f"{i}.jpg" for i in range(7)]
    assert len(list(store.files(""))) == 7


def test_what_is_not_there_is_said_in_one_line(container: ContainerClient) -> None:
    with pytest.raises(SourceError, match="there is no container missing"):
        open_source("az://missing/holiday")
    with pytest.raises(PhotoError, match="vanished"):
        read_photo(f"az://{container.container_name}/gone.jpg")


@pytest.mark.parametrize("uri", ["az://photos/x?sv=1&sig=secret", "s3://key:secret@photos/x"])
def test_addresses_with_secrets_are_refused(library: Library, uri: str) -> None:
    with pytest.raises(SourceError, match="in the environment") as refused:
        library.index([uri])
    assert "secret" not in str(refused.value)
    assert not library.folder.exists()


def test_without_an_account_it_is_said_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECTION_STRING", "ACCOUNT_NAME"):
        monkeypatch.delenv(f"AZURE_STORAGE_{name}", raising=False)
    with pytest.raises(SourceError, match="set AZURE_STORAGE_CONNECTION_STRING"):
        open_source("az://nowhere")


def test_no_key_is_in_the_library(library: Library, holiday: str) -> None:
    library.index([holiday])
    library.search("a cat")
    library.close()
    for path in library.folder.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
