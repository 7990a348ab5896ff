"""What a photo's file tells beside its pixels, and what of it is believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

READER = 1
"""Raised whenever more is read, or read differently: photos read by another one are read again."""

MAX_TEXT = 100
MAX_KEYWORDS = 200
_EARLIEST = datetime(1826, 1, 1)  # the oldest photograph that is left
_FURTHEST_OFFSET = 14 * 60


@dataclass(frozen=True)
class Metadata:
    """When, where and with what a photo was taken, and how its owner filed it.

    `taken_at` is local time without a zone, `utc_offset` its minutes east of UTC where known.
    `latitude` and `longitude` are in degrees, both or neither. `rating` is 1 to 5 stars, 0 for
    none, -1 for rejected. `from_sidecar` tells whether a file beside the photo had a say.
    """

    taken_at: datetime | None = None
    utc_offset: int | None = None
    make: str | None = None
    model: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    from_sidecar: bool = False

    def over(self, other: Metadata) -> Metadata:
        """These, and from `other` what is not known here. Pairs are never torn apart."""
        mine = {field.name: getattr(self, field.name) for field in fields(self)}
        for pair in (("taken_at", "utc_offset"), ("latitude", "longitude"), ("make", "model")):
            if all(mine[name] is None for name in pair):
                mine |= {name: getattr(other, name) for name in pair}
        for name in ("lens", "rating"):
            mine[name] = getattr(other, name) if mine[name] is None else mine[name]
        mine["keywords"] = self.keywords or other.keywords
        mine["from_sidecar"] = self.from_sidecar or other.from_sidecar
        return Metadata(**mine)


def clean_text(value: object) -> str | None:
    """One short line, or None: no controls, no lone surrogates, which no database takes."""
    if isinstance(value, bytes):
        value = value[: 8 * MAX_TEXT].decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    text = value[: 8 * MAX_TEXT].split("\0")[0].encode("utf-8", "replace").decode()
    text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:MAX_TEXT].strip() or None


def clean_keywords(values: Iterable[object]) -> tuple[str, ...]:
    """The first keywords, each once, whatever its case."""
    kept: dict[str, str] = {}
    for value in values:
        text = clean_text(value)
        if text:
            kept.setdefault(text.casefold()[:MAX_TEXT], text)
        if len(kept) == MAX_KEYWORDS:
            break
    return tuple(kept.values())


def clean_time(value: object) -> datetime | None:
    """A time without its zone: EXIF's `2019:07:14 18:03:59` or ISO 8601; None if absurd."""
    text = clean_text(value)
    if text is None:
        return None
    day, _, rest = text.replace("T", " ", 1).partition(" ")
    try:
        taken = datetime.fromisoformat(f"{day.replace(':', '-')} {rest or '00:00'}")
    except ValueError:
        return None
    taken = taken.replace(tzinfo=None, microsecond=0)
    latest = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=2)  # clocks run ahead
    return taken if _EARLIEST <= taken <= latest else None


def clean_offset(value: object) -> int | None:
    """Minutes east of UTC out of `+02:00` or the end of an ISO 8601 time."""
    text = clean_text(value)
    if text is None:
        return None
    sign = max(text.rfind("+"), text.rfind("-"))
    zone = "+00:00" if text.endswith("Z") else text[sign:] if sign >= 0 else ""
    try:
        offset = datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").utcoffset()
    except ValueError:
        return None
    minutes = None if offset is None else round(offset.total_seconds() / 60)
    return minutes if minutes is not None and abs(minutes) <= _FURTHEST_OFFSET else None


def clean_place(latitude: Any, longitude: Any) -> tuple[float | None, float | None]:
    """Degrees, both or neither. (0, 0) is what devices write that do not know."""
    try:
        place = (float(latitude), float(longitude))
    except (TypeError, ValueError, ArithmeticError):
        return None, None
    if not all(map(isfinite, place)) or abs(place[0]) > 90 or abs(place[1]) > 180:
        return None, None
    return (None, None) if place == (0.0, 0.0) else (round(place[0], 7), round(place[1], 7))


def clean_rating(value: Any) -> int | None:
    """-1 for rejected, 0 to 5 stars."""
    try:
        rating = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return int(rating) if rating in {-1, 0, 1, 2, 3, 4, 5} else None
