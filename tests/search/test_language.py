"""What a query says is read as it is meant, or refused in a line that helps."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordsight.catalog.filters import CONDITIONS
from wordsight.errors import QueryError
from wordsight.search.filter_values import FILTERS
from wordsight.search.language import LONGEST, parse


def parts(text: str) -> list[tuple[str, float]]:
    return [(part.text, part.weight) for part in parse(text).parts]


def filters(text: str) -> list[tuple[str, Any, bool]]:
    return [(one.key, one.value, one.negated) for one in parse(text).conditions]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("two dogs in snow", [("two dogs in snow", 1)]),
        ("beach -people", [("beach", 1), ("people", -1)]),
        ("beach without people", [("beach", 1), ("people", -1)]),
        ("Beach Without the people at night", [("Beach at night", 1), ("people", -1)]),
        (
            "a man without a shirt or hat, running",
            [("a man running", 1), ("shirt", -1), ("hat", -1)],
        ),
        ("beach without", [("beach", 1)]),
        ('beach -"big dogs" sand', [("beach sand", 1), ("big dogs", -1)]),
        ("(dog in snow)^2 night^0.5 city", [("city", 1), ("dog in snow", 2), ("night", 0.5)]),
        ("dog^99", [("dog", 10)]),
        ("-(a red car)^2 street", [("street", 1), ("a red car", -2)]),
        ('a "red car" here', [("a red car here", 1)]),
        ("a “red car” here", [("a red car here", 1)]),
        ("note: two dogs", [("note: two dogs", 1)]),
        ('an "open end', [("an open end", 1)]),
        ("well-known - at 10:30", [("well-known - at 10:30", 1)]),
        ("beach folder:holiday at night", [("beach at night", 1)]),
    ],
)
def test_what_photos_shall_show(text: str, read: list[tuple[str, float]]) -> None:
    assert parts(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("after:2023-06", [("after", datetime(2023, 6, 1), False)]),
        ("before:2024 dog", [("before", datetime(2024, 1, 1), False)]),
        ("date:2023", [("date", (datetime(2023, 1, 1), datetime(2024, 1, 1)), False)]),
        ("date:2023-12", [("date", (datetime(2023, 12, 1), datetime(2024, 1, 1)), False)]),
        ("date:2024/2/29", [("date", (datetime(2024, 2, 29), datetime(2024, 3, 1)), False)]),
        ('camera:"Pixel 7" x', [("camera", "Pixel 7", False)]),
        ("-folder:work x", [("folder", "work", True)]),
        ("Orientation:Portrait", [("orientation", "portrait", False)]),
        ("rating:>=4", [("rating", (">=", 4), False)]),
        ("rating:4+", [("rating", (">=", 4), False)]),
        ("stars:5", [("rating", ("=", 5), False)]),
        ("has:gps -has:date", [("has", "gps", False), ("has", "date", True)]),
        ('"Red Car"', [("words", ("Red Car",), False)]),
        ("beach -dogs", [("words", ("dogs", "dog"), True)]),
        ("beach without a dog", [("words", ("dog", "dogs"), True)]),
    ],
)
def test_what_is_asked_of_the_file(text: str, read: list[tuple[str, Any, bool]]) -> None:
    assert filters(text) == read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("dog " * 1000, "has 4,000 characters, at most 2,000"),
        ("-people", "only what photos shall not show"),
        ("without people", "only what photos shall not show"),
        ("?!", "nothing to search for"),
        ('"" () -', "nothing to search for"),
        ("colour:red", "there is no filter colour:.*The filters are after, before"),
        ("flder:x", "did you mean folder:"),
        ('folder:"" x', "folder: needs a value, as in folder:holiday"),
        ("dog camera:", 'camera: needs a value, as in camera:"Pixel 7"'),
        ("Folder: holiday", "folder: needs a value"),
        ("after:2023-13", "there is no date 2023-13"),
        ("after:2023-02-30", "there is no date 2023-02-30"),
        ("date:9999", "there is no date 9999"),
        ("after:yesterday", "cannot read the date 'yesterday'; write 2023"),
        ("orientation:upside", "orientation: takes landscape, portrait, square, not 'upside'"),
        ("has:fun", "has: takes gps, date"),
        ("rating:9", "rating: takes stars from 0 to 5"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        parse(text)


def test_every_filter_is_known_to_the_catalog_and_reads_its_example() -> None:
    assert set(FILTERS) == set(CONDITIONS) - {"words"}
    for key, kind in FILTERS.items():
        assert filters(f"{key}:{kind.example}")[0][0] == key


@given(st.text(alphabet='ab "()-^:.,9 \nä', max_size=40) | st.text(max_size=LONGEST + 5))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with suppress(QueryError):
        query = parse(text)
        assert query.sought or query.conditions
