"""The values that filters take, as people type them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from wordsight.catalog.filters import HAS, Condition
from wordsight.errors import QueryError

_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?$")
_RATING = re.compile(r"(>=|<=|>|<|=)?([0-5])(\+)?$")
ORIENTATIONS = ("landscape", "portrait", "square")


@dataclass(frozen=True)
class FilterKind:
    """A filter as it is offered: an example of a value, what it means, and how it is read."""

    example: str
    meaning: str
    read: Callable[[str], Any]


def condition(key: str, value: str, negated: bool = False) -> Condition:
    """A filter that was typed as `key:value`.

    Raises:
        QueryError: there is no such filter, or it takes no such value.
    """
    name = _ALIASES.get(key.lower(), key.lower())
    if name not in FILTERS:
        raise QueryError(_no_filter(key))
    if not value.strip():
        raise QueryError(f"{name}: needs a value, as in {name}:{FILTERS[name].example}")
    return Condition(name, FILTERS[name].read(value.strip()), negated)


def is_filter(key: str) -> bool:
    """Whether there is a filter of that name."""
    return key.lower() in FILTERS or key.lower() in _ALIASES


def _no_filter(key: str) -> str:
    near = get_close_matches(key.lower(), [*FILTERS, *_ALIASES], 1)
    meant = f", did you mean {near[0]}:?" if near else "."
    return (
        f"there is no filter {key}:{meant} The filters are {', '.join(FILTERS)}. "
        "To search for the words themselves, leave out the colon"
    )


def _text(value: str) -> str:
    return value


def _lower(value: str) -> str:
    return value.lower()


def period(value: str) -> tuple[datetime, datetime]:
    """A year, a month or a day: from its first moment to before the second.

    Raises:
        QueryError: it is no date, or there is no such day.
    """
    match = _DATE.match(value)
    if not match:
        raise QueryError(f"cannot read the date {value!r}; write 2023, 2023-06 or 2023-06-15")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = datetime(year or 0, month or 1, day or 1)
        return first, _next(first, month, day)
    except (ValueError, OverflowError):
        raise QueryError(f"there is no date {value}") from None


def _next(first: datetime, month: int | None, day: int | None) -> datetime:
    if month is None:
        return first.replace(year=first.year + 1)
    if day is None:
        return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return datetime.fromordinal(first.toordinal() + 1)


def _orientation(value: str) -> str:
    return _one_of("orientation", ORIENTATIONS, value)


def _has(value: str) -> str:
    return _one_of("has", HAS, {"place": "gps", "location": "gps", "tag": "tags"}.get(value, value))


def _one_of(key: str, choices: tuple[str, ...], value: str) -> str:
    if value.lower() not in choices:
        raise QueryError(f"{key}: takes {', '.join(choices)}, not {value!r}")
    return value.lower()


def _rating(value: str) -> tuple[str, int]:
    match = _RATING.match(value)
    if not match:
        raise QueryError(f"rating: takes stars from 0 to 5, as 4, >=4 or <3, not {value!r}")
    return match[1] or (">=" if match[3] else "="), int(match[2])


FILTERS: dict[str, FilterKind] = {
    "after": FilterKind("2023-06", "taken then or later", lambda value: period(value)[0]),
    "before": FilterKind("2024", "taken earlier", lambda value: period(value)[0]),
    "date": FilterKind("2023-06-15", "taken in that year, month or day", period),
    "folder": FilterKind("holiday", "in a folder of that name, or below it", _text),
    "name": FilterKind("IMG_20", "with that in the file's name", _text),
    "camera": FilterKind('"Pixel 7"', "taken with a camera of that make or model", _text),
    "lens": FilterKind("85mm", "taken with that lens", _text),
    "tag": FilterKind("family", "with that keyword", _text),
    "rating": FilterKind(">=4", "with that many stars", _rating),
    "format": FilterKind("heic", "files of that format", _lower),
    "orientation": FilterKind("portrait", ", ".join(ORIENTATIONS), _orientation),
    "has": FilterKind("gps", f"known: {', '.join(HAS)}", _has),
}
"""By their keys."""

_ALIASES = {
    "since": "after",
    "until": "before",
    "in": "folder",
    "path": "folder",
    "file": "name",
    "filename": "name",
    "keyword": "tag",
    "tags": "tag",
    "stars": "rating",
    "type": "format",
}
