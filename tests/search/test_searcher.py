"""Snapshot and changes seen as one: what is new shows at once, and what is gone does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, FakeModels, sentences
from tests.search.truth import TEXTS, expected

from wordsight.catalog import Catalog, sqlite_url
from wordsight.errors import LibraryError
from wordsight.index.snapshot import is_in_use


def test_a_photo_scores_the_same_in_the_snapshot_and_beside_it(library: FakeLibrary) -> None:
    new = [*TEXTS, *sentences(20, first=300)]
    library.hold(new)
    beside = {hit.id: hit.score for hit in library.searcher.search("subject1", 1000)}
    library.publisher.publish()
    inside = {hit.id: hit.score for hit in library.searcher.search("subject1", 1000)}
    assert inside.keys() == beside.keys()
    assert len(inside) == 80
    for photo, score in inside.items():
        assert score == pytest.approx(beside[photo], abs=1e-3)


def test_a_new_snapshot_is_noticed_and_the_old_one_let_go(library: FakeLibrary) -> None:
    library.found("subject1")
    opened = library.store.current()
    assert opened is not None
    assert is_in_use(opened)
    for more in (1, 2, 3):
        library.hold([*TEXTS, *sentences(more, first=300)])
        library.publisher.publish()
        assert opened.exists()
    assert len(library.found("subject1", 1000)) == 63
    assert not is_in_use(opened)
    current = library.store.current()
    assert current is not None
    assert is_in_use(current)


def test_a_library_of_other_models_is_refused_until_described_again(
    library: FakeLibrary, tmp_path: Path
) -> None:
    newer = FakeLibrary(tmp_path / "library", FakeModels("fake-models-2"))
    for _ in range(2):
        with pytest.raises(LibraryError, match="other models than the ones installed now"):
            newer.found("subject1")
    newer.hold(TEXTS[:10])  # the snapshot is still that of the others
    assert newer.found("subject1", 1000) == expected(TEXTS[:10], "subject1", 10)
    assert library.found("subject1") == []  # to the old models nothing of theirs is left
    newer.close()


def test_a_snapshot_of_another_catalog_is_not_believed(tmp_path: Path) -> None:
    """Ids and versions begin anew with a new catalog, so only its own id tells them apart."""
    first = FakeLibrary(tmp_path / "library")
    first.hold(sentences(10, first=500))
    first.publisher.publish()
    first.close()
    for leftover in (tmp_path / "library").glob("catalog.db*"):
        leftover.unlink()
    Catalog(sqlite_url(tmp_path / "library" / "catalog.db")).close()  # with an id of its own
    again = FakeLibrary(tmp_path / "library")
    with pytest.raises(LibraryError, match="nothing is indexed yet"):
        again.found("subject1")
    again.hold(TEXTS[:10])
    for _ in range(2):
        assert again.found("subject1") == expected(TEXTS[:10], "subject1", 10)
    again.publisher.publish_if_due()
    assert again.found("subject1") == expected(TEXTS[:10], "subject1", 10)
    again.close()


def test_a_snapshot_newer_than_its_restored_catalog_is_not_believed(library: FakeLibrary) -> None:
    backup = (library.folder / "catalog.db").read_bytes()
    library.hold([*TEXTS[30:], *sentences(20, first=300)])
    library.publisher.publish()
    library.close()
    for leftover in library.folder.glob("catalog.db*"):
        leftover.unlink()
    (library.folder / "catalog.db").write_bytes(backup)
    restored = FakeLibrary(library.folder)
    assert restored.found("subject1") == expected(TEXTS, "subject1", 20)
    restored.close()


def test_a_damaged_snapshot_says_what_to_do_and_is_replaced(library: FakeLibrary) -> None:
    folder = library.store.current()
    assert folder is not None
    (folder / "fused.npy").write_bytes(b"junk")
    for _ in range(2):
        with pytest.raises(LibraryError, match="run `wordsight index`"):
            library.found("subject1")
    library.new_publisher().publish_if_due()
    assert library.found("subject1") == expected(TEXTS, "subject1", 20)
