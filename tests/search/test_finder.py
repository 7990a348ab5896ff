"""Queries with filters, words, and what shall not be shown: in a snapshot and in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.catalog.steps import photo_id
from tests.fakes import FakeLibrary, said
from tests.search.conftest import copied
from tests.search.truth import TEXTS, expected

from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.errors import LibraryError, QueryError
from wordsight.search.finder import NOT_ENGLISH, NOTHING_ALIKE, NOTHING_MEETS, Finder
from wordsight.search.results import SIGNALS, Signal


@pytest.fixture
def library(made_either_way: FakeLibrary, tmp_path: Path) -> Iterator[FakeLibrary]:
    yield from copied(made_either_way, tmp_path / "library")


@pytest.fixture
def finder(library: FakeLibrary) -> Finder:
    return Finder(library.catalog, library.models, library.searcher)


def found(finder: Finder, text: str, limit: int = 20, signal: Signal = "fused") -> list[str]:
    return [hit.uris[0].rpartition("/")[2] for hit in finder.find(text, limit, signal).hits]


def tag(library: FakeLibrary, *texts: str, word: str = "liked") -> None:
    ids = [photo_id(library.catalog, text, library.models.identity) for text in texts]
    library.catalog.metadata.record({one: MetadataRow(keywords=(word,)) for one in ids})


@pytest.mark.parametrize("signal", SIGNALS)
def test_filters_leave_as_many_results_as_there_are(
    library: FakeLibrary, finder: Finder, signal: Signal
) -> None:
    """They act inside the search, not on its results: the worst photos are found all the same."""
    worst = expected(TEXTS, "subject1 place1 number1", 60, signal)[-7:]
    tag(library, *worst)
    best = found(finder, "subject1 place1 number1 tag:liked", 5, signal)
    assert set(best) <= set(worst)
    if signal != "fused":  # where words count as well
        assert best == expected(worst, "subject1 place1 number1", 5, signal)
    assert len(found(finder, "subject1 tag:liked", 50, signal)) == 7
    assert len(found(finder, "subject1 -tag:liked", 60, signal)) == 53


def test_filters_see_what_is_new_and_what_is_gone(library: FakeLibrary, finder: Finder) -> None:
    library.hold([*TEXTS[10:], "subject1 brand new"])
    tag(library, "subject1 brand new", *TEXTS[:12])
    assert set(found(finder, "subject1 tag:liked")) == {"subject1 brand new", *TEXTS[10:12]}


def test_filters_alone_list_the_newest(library: FakeLibrary, finder: Finder) -> None:
    tag(library, *TEXTS[:3])
    answer = finder.find("tag:liked", 2)
    assert answer.order == "newest"
    assert len(answer.hits) == 2
    assert {hit.match for hit in answer.hits} == {None}


def test_what_nothing_meets_is_told(finder: Finder) -> None:
    for text in ("tag:none", "subject1 tag:none"):
        answer = finder.find(text)
        assert answer.hits == []
        assert answer.notes == (NOTHING_MEETS,)


def test_a_name_is_found_wherever_its_vector_lies(library: FakeLibrary, finder: Finder) -> None:
    """Words that no model knows: of a file, a folder, a tag."""
    odd = [f"elsewhere{i} nothing" for i in range(300)]
    library.hold({**{text: text for text in [*TEXTS, *odd]}, "IMG_7731.jpg": "far away from it"})
    assert "IMG_7731.jpg" not in plainly(library, "7731")
    assert "IMG_7731.jpg" in found(finder, "7731", 20)
    tag(library, odd[7], word="Grandmother")
    again = Finder(library.catalog, library.models, library.searcher)
    assert odd[7] not in plainly(library, "grandmother")
    best = max(again.find("grandmother").hits, key=lambda hit: hit.words_score)
    assert best.uris[0].endswith(odd[7])
    assert best.words_score == pytest.approx(0.4, abs=0.04)
    assert odd[7] not in found(again, "grandmother -tag:grandmother")
    told = again.find("grandmother", explains=True).explained[best.id]
    assert told.words == ("grandmother",)


def plainly(library: FakeLibrary, text: str) -> list[str]:
    """What vectors alone find."""
    return library.found(text, 20)


def test_a_rarer_word_adds_more_and_a_longer_query_less(finder: Finder) -> None:
    rare = finder.find("number7", 1).hits[0].words_score
    frequent = finder.find("subject1", 1).hits[0].words_score
    longer = finder.find("number7 and other things", 60).hits
    assert rare > frequent > 0
    assert 0 < max(hit.words_score for hit in longer) < rare / 3
    sentence = "number7 is one two three four five six seven words"
    assert {hit.words_score for hit in finder.find(sentence, 60).hits} == {0.0}


def test_exact_words_are_in_every_caption(finder: Finder) -> None:
    names = found(finder, '"subject1 place1"', 60)
    assert names
    assert all(name.startswith("subject1 place1 ") for name in names)


def test_what_shall_not_be_shown_is_not_said_either(finder: Finder) -> None:
    plain = found(finder, "subject1", 60)
    without = found(finder, "subject1 without place1", 60)
    assert {name for name in plain if " place1 " in name}
    assert set(without) == {name for name in plain if " place1 " not in name}


def test_weights_draw_towards_what_weighs_more(library: FakeLibrary, finder: Finder) -> None:
    library.hold([f"{a} {b} here" for a in ("dog", "cat", "cow") for b in ("sand", "snow", "sea")])
    assert all("dog" in name for name in found(finder, "(dog here)^3 (snow here)", 3))
    assert all("snow" in name for name in found(finder, "(dog here) (snow here)^3", 3))


def test_a_photo_is_a_query_with_words_and_filters_beside_it(
    library: FakeLibrary, finder: Finder
) -> None:
    tag(library, *TEXTS[:6])
    like = said(TEXTS[0])
    mine = photo_id(library.catalog, TEXTS[0], library.models.identity)
    assert found_like(finder, "", like, None)[0] == TEXTS[0]
    assert TEXTS[0] not in found_like(finder, "", like, mine)
    assert len(found_like(finder, "", like, mine, 59)) == 59
    assert set(found_like(finder, "tag:liked", like, mine)) == set(TEXTS[1:6])
    towards = found_like(finder, "(subject5 place5 number5)^5", like, mine, 1)
    assert towards == [TEXTS[5]]


def found_like(
    finder: Finder, text: str, like: object, without: int | None, limit: int = 20
) -> list[str]:
    answer = finder.find(text, limit, like=like, without=without)  # type: ignore[arg-type]
    assert {hit.likelihood for hit in answer.hits} == {None}
    return [hit.uris[0].rpartition("/")[2] for hit in answer.hits]


def test_what_is_unlike_everything_is_told(library: FakeLibrary, finder: Finder) -> None:
    library.hold(TEXTS[:4])
    assert NOTHING_ALIKE in finder.find("zebra").notes
    assert finder.find(TEXTS[3]).notes == ()
    assert NOT_ENGLISH in finder.find("собака").notes
    matches = [hit.match for hit in finder.find(TEXTS[3], 60).hits]
    assert matches[0] == "strong"
    assert matches[-1] == "none"


def test_explanations_say_what_brought_a_photo_up(finder: Finder) -> None:
    answer = finder.find(f"{TEXTS[7]}", 5, explains=True)
    best = answer.explained[answer.hits[0].id]
    assert (best.rank_by_vector, best.rank_by_caption, best.compared) == (1, 1, 60)
    assert set(best.words) == set(TEXTS[7].split())
    assert best.cell is not None
    assert finder.find("subject1").explained == {}


def test_one_that_cannot_be_asked_is_refused(finder: Finder, tmp_path: Path) -> None:
    for text, limit in (("", 5), ("-dog", 5), ("colour:red", 5), ("dog", 0)):
        with pytest.raises(QueryError):
            finder.find(text, limit)
    empty = FakeLibrary(tmp_path / "empty")
    with pytest.raises(LibraryError, match="nothing is indexed yet"):
        Finder(empty.catalog, empty.models, empty.searcher).find("tag:x")
    empty.close()


def test_words_that_somebody_else_looks_up_meanwhile(
    library: FakeLibrary, finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a library that has just changed."""
    texts = finder._words._texts
    holding, pending = texts.holding, ["number2"]

    def held(word: str, most: int) -> list[int]:
        answer = holding(word, most)
        while word == "place1" and pending:
            library.hold([*TEXTS, "something new"])
            assert found(finder, pending.pop())
        return answer

    monkeypatch.setattr(texts, "holding", held)
    assert "subject1" in found(finder, "subject1 place1")[0]
