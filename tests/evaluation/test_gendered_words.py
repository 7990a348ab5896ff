"""Whom captions name by gender."""

from __future__ import annotations

import pytest

from wordsight.evaluation.gendered_words import gender_of, gendered


@pytest.mark.parametrize(
    ("caption", "gender"),
    [
        ("A man in a red shirt.", "men"),
        ("two women talk", "women"),
        ("A boy and his mother", "both"),
        ("a person on a mantelpiece with a manual", "neither"),
        ("", "neither"),
    ],
)
def test_words_say_it(caption: str, gender: str) -> None:
    assert gender_of(caption) == gender


def test_shares_are_of_the_photos_of_which_people_agree() -> None:
    captions = ["a man runs", "a person runs", "a man sits", "a man sleeps", "a dog", "a boy"]
    references = [
        ["a man runs", "someone runs"],
        ["a boy runs"],
        ["a woman sits", "she sits on a bench"],
        ["a man sleeps", "a woman sleeps"],  # they differ
        ["a dog", "a puppy"],
        ["a man with a woman", "a couple"],  # both
    ]
    told = gendered(captions, references)
    assert {named: shares.photos for named, shares in told.items()} == {
        "men": 2,
        "women": 1,
        "neither": 1,
    }
    assert told["men"].named == {"men": 0.5, "women": 0, "both": 0, "neither": 0.5}
    assert told["women"].named["men"] == 1
    assert told["neither"].named["neither"] == 1


def test_no_photos_have_no_shares() -> None:
    assert gendered([], [])["men"].named["men"] == 0
