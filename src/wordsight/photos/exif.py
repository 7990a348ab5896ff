"""Metadata out of EXIF."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from PIL import Image

from wordsight.photos.metadata import (
    Metadata,
    clean_keywords,
    clean_offset,
    clean_place,
    clean_rating,
    clean_text,
    clean_time,
)

ORIENTATION = 0x0112
_MAKE, _MODEL, _FILE_TIME, _RATING, _KEYWORDS = 0x010F, 0x0110, 0x0132, 0x4746, 0x9C9E
_DETAILS, _GPS = 0x8769, 0x8825
_ORIGINAL, _DIGITIZED = (0x9003, 0x9011), (0x9004, 0x9012)  # a time and its offset
_FILE_OFFSET, _LENS = 0x9010, 0xA434


def from_exif(exif: Image.Exif) -> Metadata:
    """What is believed of a photo's EXIF; whatever is damaged counts as absent."""
    details, gps = _block(exif, _DETAILS), _block(exif, _GPS)
    original, digitized = (
        (_read(details, t), _read(details, o)) for t, o in (_ORIGINAL, _DIGITIZED)
    )
    written = (_read(exif, _FILE_TIME), _read(details, _FILE_OFFSET))
    taken_at, utc_offset = None, None
    for time, offset in (original, digitized, written):
        taken_at = clean_time(time)
        if taken_at is not None:
            utc_offset = clean_offset(offset)
            break
    latitude, longitude = clean_place(_degrees(gps, 1, "S"), _degrees(gps, 3, "W"))
    return Metadata(
        taken_at=taken_at,
        utc_offset=utc_offset,
        make=clean_text(_utf8(_read(exif, _MAKE))),
        model=clean_text(_utf8(_read(exif, _MODEL))),
        lens=clean_text(_utf8(_read(details, _LENS))),
        latitude=latitude,
        longitude=longitude,
        rating=clean_rating(_read(exif, _RATING)),
        keywords=clean_keywords(_windows_keywords(_read(exif, _KEYWORDS))),
    )


def _block(exif: Image.Exif, tag: int) -> Mapping[int, Any]:
    with suppress(Exception):  # damaged blocks raise many kinds
        return exif.get_ifd(tag)
    return {}


def _read(tags: Mapping[int, Any] | Image.Exif, tag: int) -> Any:
    with suppress(Exception):
        return tags.get(tag)
    return None


def _utf8(value: object) -> object:
    """Pillow reads text as Latin-1, which many cameras' makers do not write."""
    if isinstance(value, str):
        with suppress(UnicodeError):
            return value.encode("latin-1").decode("utf-8")
    return value


def _degrees(gps: Mapping[int, Any], tag: int, negative: str) -> float | None:
    """Degrees, minutes and seconds beside their hemisphere."""
    try:
        degrees, minutes, seconds = (float(part) for part in gps[tag + 1])
        hemisphere = str(clean_text(gps.get(tag))).upper()
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if hemisphere == negative else 1)


def _windows_keywords(value: object) -> list[str]:
    """Windows writes them in UTF-16, with semicolons between."""
    data = value[:100_000] if isinstance(value, bytes) else b""
    return data.decode("utf-16-le", "replace").split(";") if data else []
