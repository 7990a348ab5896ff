"""A forgotten folder's photos are gone at once, whatever snapshot there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, sentences
from tests.publishing.conftest import NewLibrary

from wordsight import Library
from wordsight.errors import LibraryError
from wordsight.indexing import IndexingJob


@pytest.fixture
def filled(new_library: NewLibrary, tmp_path: Path) -> FakeLibrary:
    """Two folders, `some` with 20 photos and `more` with 40."""
    library = new_library()
    library.hold(sentences(20), (tmp_path / "some").as_uri())
    library.hold(sentences(40, first=100), (tmp_path / "more").as_uri())
    library.publisher.publish()
    return library


@pytest.fixture
def library(filled: FakeLibrary, tmp_path: Path) -> Iterator[Library]:
    """The same, as a person has it."""
    with Library(tmp_path / "library", filled.models) as opened:
        yield opened


def found(library: Library) -> set[str]:
    hits = library.search("subject1", limit=1000)
    return {uri.rpartition("/")[2] for hit in hits for uri in hit.uris}


def test_a_small_library_has_a_snapshot_without_the_forgotten(
    library: Library, filled: FakeLibrary, tmp_path: Path
) -> None:
    library.forget(tmp_path / "more")
    assert filled.current() == "000002"
    assert found(library) == set(sentences(20))
    assert set(filled.found("subject1", limit=1000)) == set(sentences(20))


def test_in_a_large_library_the_snapshot_may_stay(
    library: Library, filled: FakeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IndexingJob, "exact_below", 10)
    library.forget(tmp_path / "more")
    assert filled.current() == "000001"
    assert found(library) == set(sentences(20))
    assert set(filled.found("subject1", limit=1000)) == set(sentences(20))


def test_copies_in_other_folders_stay(
    library: Library, filled: FakeLibrary, tmp_path: Path
) -> None:
    filled.hold(sentences(30), (tmp_path / "copies").as_uri())
    library.forget(tmp_path / "copies")
    assert found(library) == {*sentences(20), *sentences(40, first=100)}


def test_all_folders_may_be_forgotten(library: Library, tmp_path: Path) -> None:
    library.forget(tmp_path / "some")
    library.forget(tmp_path / "more")
    assert found(library) == set()
    snapshot = library.status().snapshot
    assert snapshot is not None
    assert snapshot.photos == 0


def test_what_was_never_indexed_cannot_be_forgotten(
    library: Library, filled: FakeLibrary, tmp_path: Path
) -> None:
    with pytest.raises(LibraryError, match="not among the folders"):
        library.forget(tmp_path / "other")
    assert filled.current() == "000001"
    assert len(found(library)) == 60
