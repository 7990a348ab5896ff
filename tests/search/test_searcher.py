"""Snapshot and changes seen as one: what is new shows at once, and what is gone does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.catalog.steps import photo_id
from tests.fakes import FakeLibrary, FakeModels, said, seen, sentences, unit

from wordsight.catalog import Catalog, sqlite_url
from wordsight.errors import LibraryError, QueryError
from wordsight.index.snapshot import is_in_use
from wordsight.search.searcher import SIGNALS, Hit, Signal

TEXTS = sentences(60)
QUERIES = ["subject1", "subject3 place7", "place2 place9", "something else"]


def vectors(texts: list[str], signal: Signal) -> np.ndarray:
    captions, pictures = (np.stack([of(text) for text in texts]) for of in (said, seen))
    return {"caption": captions, "picture": pictures, "fused": unit(captions + pictures)}[signal]


def expected(texts: list[str], query: str, count: int, signal: Signal = "fused") -> list[str]:
    scores = vectors(texts, signal) @ said(query)
    return [texts[i] for i in np.argsort(-scores)[:count]]


def test_the_nearest_photos_come_with_what_is_shown_of_them(library: FakeLibrary) -> None:
    for query in QUERIES:
        hits = library.searcher.search(query, 10)
        assert library.found(query, 10) == expected(TEXTS, query, 10)
        for hit in hits:
            (text,) = (uri.rpartition("/")[2] for uri in hit.uris)
            assert hit.id == photo_id(library.catalog, text, library.models.identity)
            assert hit.caption.startswith(text)
            assert_scores(hit, text, query)


def assert_scores(hit: Hit, text: str, query: str) -> None:
    told = {"fused": hit.score, "caption": hit.caption_score, "picture": hit.picture_score}
    for signal in SIGNALS:
        true = float(vectors([text], signal)[0] @ said(query))
        assert told[signal] == pytest.approx(true, abs=2e-3)


@pytest.mark.parametrize("signal", SIGNALS)
def test_each_signal_is_searched_by_itself_and_beside_the_snapshot(
    library: FakeLibrary, signal: Signal
) -> None:
    texts = [*TEXTS[20:], *sentences(10, first=200)]
    library.hold(texts)
    for query in QUERIES:
        hits = library.searcher.search(query, 12, signal)
        names = [hit.uris[0].rpartition("/")[2] for hit in hits]
        assert names == expected(texts, query, 12, signal)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        if signal != "fused":
            assert scores == [getattr(hit, f"{signal}_score") for hit in hits]


def test_new_photos_show_at_once(library: FakeLibrary) -> None:
    new = ["subject1", "subject1 subject1 subject1 here"]
    assert not set(library.found("subject1")) & set(new)
    library.hold([*TEXTS, *new])
    assert set(library.found("subject1", 2)) == set(new)
    assert library.found("subject1") == expected([*TEXTS, *new], "subject1", 20)
    assert library.current() == "000001"


def test_removed_photos_vanish_at_once_and_others_take_their_place(library: FakeLibrary) -> None:
    best = library.found("subject1", 15)
    left = [text for text in TEXTS if text not in best]
    library.hold(left)
    assert library.found("subject1", 15) == expected(left, "subject1", 15)
    library.hold(left[5:])
    assert library.found("subject1", 1000) == expected(left[5:], "subject1", 1000)
    library.hold([])
    assert library.found("subject1") == []
    library.hold(TEXTS)
    assert library.found("subject1", 15) == best
    assert library.current() == "000001"


def test_a_moved_photo_shows_once_and_where_it_is(library: FakeLibrary) -> None:
    best = library.found("subject1", 1)[0]
    library.hold({"moved" if text == best else text: text for text in TEXTS})
    assert library.found("subject1", 1) == ["moved"]
    hits = library.searcher.search("subject1", 1000)
    assert len({hit.id for hit in hits}) == len(hits) == 60
    library.hold({"copy": best, **{text: text for text in TEXTS}})
    hits = library.searcher.search("subject1", 1000)
    assert len(hits) == 60
    assert [uri.rpartition("/")[2] for uri in hits[0].uris] == ["copy", best]


def test_a_file_that_shows_something_else_is_found_by_that(library: FakeLibrary) -> None:
    changed = {text: text for text in TEXTS} | {TEXTS[0]: "nothing of the kind"}
    library.hold(changed)
    assert library.found("nothing of the kind", 1) == [TEXTS[0]]
    assert len(library.found("subject1", 1000)) == 60
    assert library.found(TEXTS[0], 60).index(TEXTS[0]) > 10


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


def test_photos_are_found_before_there_is_a_snapshot(tmp_path: Path) -> None:
    library = FakeLibrary(tmp_path / "library")
    library.hold(TEXTS[:5])
    assert library.found("subject1") == expected(TEXTS[:5], "subject1", 5)
    library.hold(TEXTS[2:9])
    assert library.found("subject1") == expected(TEXTS[2:9], "subject1", 7)
    library.close()


def test_a_library_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    library = FakeLibrary(tmp_path / "library")
    for _ in range(2):
        with pytest.raises(LibraryError, match="nothing is indexed yet; run"):
            library.found("a dog")
    library.hold(["a dog"])
    assert library.found("a dog") == ["a dog"]
    library.close()


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


def test_a_damaged_snapshot_says_what_to_do_and_is_replaced(library: FakeLibrary) -> None:
    folder = library.store.current()
    assert folder is not None
    (folder / "fused.npy").write_bytes(b"junk")
    for _ in range(2):
        with pytest.raises(LibraryError, match="run `wordsight index`"):
            library.found("subject1")
    library.new_publisher().publish_if_due()
    assert library.found("subject1") == expected(TEXTS, "subject1", 20)


@pytest.mark.parametrize(
    ("query", "limit", "signal"),
    [
        ("", 5, "fused"),
        ("  \n", 5, "fused"),
        ("a dog", 0, "fused"),
        ("a dog", 1001, "fused"),
        ("a dog", 5, "sound"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    library: FakeLibrary, query: str, limit: int, signal: Signal
) -> None:
    with pytest.raises(QueryError):
        library.searcher.search(query, limit, signal)
