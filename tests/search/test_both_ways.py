"""What every search does, in a snapshot or inside the database, exactly or by cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.catalog.steps import photo_id
from tests.fakes import FakeLibrary, said, sentences
from tests.postgres import postgresql_made_once
from tests.search.conftest import copied
from tests.search.truth import QUERIES, TEXTS, expected, vectors

from wordsight.errors import LibraryError, QueryError
from wordsight.search.results import SIGNALS, Hit, Signal


@pytest.fixture
def library(made_either_way: FakeLibrary, tmp_path: Path) -> Iterator[FakeLibrary]:
    yield from copied(made_either_way, tmp_path / "library")


@pytest.fixture(params=["snapshot", "database"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeLibrary]:
    url = postgresql_made_once() if request.param == "database" else None
    made = FakeLibrary(tmp_path / "empty", url=url)
    yield made
    made.close()


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


def test_photos_are_found_before_there_is_a_snapshot(empty: FakeLibrary) -> None:
    library = empty
    library.hold(TEXTS[:5])
    assert library.found("subject1") == expected(TEXTS[:5], "subject1", 5)
    library.hold(TEXTS[2:9])
    assert library.found("subject1") == expected(TEXTS[2:9], "subject1", 7)


def test_a_library_of_nothing_says_what_to_do(empty: FakeLibrary) -> None:
    library = empty
    for _ in range(2):
        with pytest.raises(LibraryError, match="nothing is indexed yet; run"):
            library.found("a dog")
    library.hold(["a dog"])
    assert library.found("a dog") == ["a dog"]


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
