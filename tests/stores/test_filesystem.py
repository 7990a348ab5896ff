"""Stores that fsspec opens, by its store in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from tests.conftest import SAMPLES

from wordsight import Library
from wordsight.errors import SourceError
from wordsight.models.packaged import ModelSet
from wordsight.photos.places import open_source, read_photo


@pytest.fixture
def memory(sample_photos: Path) -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    for path in sample_photos.iterdir():
        memory.pipe_file(f"/album/trip/{path.name}", path.read_bytes())
    yield memory
    memory.rm("/album", recursive=True)


def test_photos_are_described_once_and_followed(
    memory: fsspec.AbstractFileSystem, models: ModelSet, tmp_path: Path
) -> None:
    with Library(tmp_path, models) as library:
        assert library.index(["memory://album"]).described == len(SAMPLES)
        assert library.index().described == 0
        memory.rm("/album/trip/coffee.png")
        assert library.index().removed == 1
        assert library.search("a cat")[0].uris == ("memory://album/trip/chelsea.png",)


def test_names_of_any_kind_are_listed_and_read(memory: fsspec.AbstractFileSystem) -> None:
    names = ["a%20b.jpg", "ä ö/100%.jpg", "日本.jpg"]
    for name in names:
        memory.pipe_file(f"/album/odd/{name}", name.encode())
    files = list(open_source("memory://album/odd").list())
    assert sorted(read_photo(file.uri).decode() for file in files) == sorted(names)


def test_what_cannot_be_opened_is_said() -> None:
    with pytest.raises(SourceError, match="nosuch:// cannot be opened"):
        open_source("nosuch://photos")
    with pytest.raises(SourceError, match="there is no memory://missing"):
        open_source("memory://missing")
