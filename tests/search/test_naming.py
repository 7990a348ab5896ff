"""Words that name a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordsight.search.naming import STOP_WORDS, WordCounts, naming_words, words_of

DOGS = ["a dog runs through snow", "two dogs in the snow", "a brown dog in snow"]
OTHERS = ["a man on a beach", "a man with a dog", "people on a street", "a car on a street"]
CAPTIONS = st.lists(st.text(alphabet="ab cdé'1-\n", max_size=20), max_size=12)


def counted(captions: Iterable[str]) -> WordCounts:
    counts = WordCounts()
    for caption in captions:
        counts.add(caption)
    return counts


def test_the_commonest_of_the_rare_words_comes_first() -> None:
    words = naming_words(counted(DOGS), counted(DOGS + OTHERS))
    assert words[:2] == ["snow", "dog"]
    assert "man" not in words


def test_a_word_in_all_captions_stands_before_one_that_is_rarer_but_there_once() -> None:
    cell = ["a cat sleeps"] * 7 + ["a cat sleeps beside an ocelot"]
    library = cell + ["a cat eats"] * 5 + ["a dog eats"] * 500
    assert naming_words(counted(cell), counted(library))[:2] == ["sleeps", "cat"]


def test_a_word_counts_once_a_caption() -> None:
    assert counted(["dog dog dog", "Dog!"]).words == Counter({"dog": 2})


def test_a_cell_that_is_the_whole_library_has_no_name() -> None:
    assert naming_words(counted(DOGS), counted(DOGS)) == []


def test_as_frequent_as_everywhere_is_not_more_frequent() -> None:
    """3 of 7 and 6 of 14 differ in the last digit of a float."""
    cell = ["a dog"] * 3 + ["a cat"] * 4
    assert naming_words(counted(cell), counted(cell * 2)) == []


def test_nothing_has_no_name() -> None:
    assert naming_words(WordCounts(), WordCounts()) == []


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A man's DOG, running.", {"man's", "dog", "running"}),
        ("the a of", set()),
        ("x 42 £", set()),
        ("un café où l’on boit", {"un", "café", "où", "l’on", "boit"}),  # noqa: RUF001
        ("", set()),
    ],
)
def test_what_a_word_is(caption: str, words: set[str]) -> None:
    assert words_of(caption) == words


@given(CAPTIONS, CAPTIONS, st.integers(0, 6))
def test_names_are_more_frequent_here_than_everywhere(
    cell: list[str], others: list[str], most: int
) -> None:
    here, everywhere = counted(cell), counted([*cell, *others])
    words = naming_words(here, everywhere, most)
    assert len(words) == len(set(words)) <= most
    assert not STOP_WORDS & set(words)
    for word in words:
        assert here.words[word] / len(cell) > everywhere.words[word] / (len(cell) + len(others))
    if others and most > len(here.words):
        alone = [word for word in here.words if word not in counted(others).words]
        assert set(alone) <= set(words)


@given(st.lists(CAPTIONS, max_size=4))
def test_the_whole_is_the_sum_of_its_parts(parts: list[list[str]]) -> None:
    whole = WordCounts.total(counted(part) for part in parts)
    assert whole == counted(caption for part in parts for caption in part)
