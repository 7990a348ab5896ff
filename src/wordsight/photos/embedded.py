"""Metadata out of a photo's own file."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from PIL import Image, IptcImagePlugin
from PIL.ImageFile import ImageFile

from wordsight.photos.exif import from_exif
from wordsight.photos.metadata import Metadata, clean_keywords, clean_text, clean_time
from wordsight.photos.xmp import from_xmp

_XMP_TAG = 700
_XMP_PLACES: tuple[int | str, ...] = ("xmp", "XML:com.adobe.xmp", _XMP_TAG)
_IPTC_KEYWORDS, _IPTC_DAY = (2, 25), (2, 55)


def embedded(image: Image.Image) -> Metadata:
    """EXIF, then XMP, then IPTC; keywords and rating, which people edit, from XMP first.

    Damage never raises: what cannot be read counts as absent.
    """
    exif, xmp, iptc = Metadata(), Metadata(), Metadata()
    with suppress(Exception):  # Pillow's readers raise many kinds on damaged files
        exif = from_exif(image.getexif())
    with suppress(Exception):
        xmp = from_xmp(_packet(image))
    with suppress(Exception):
        iptc = _from_iptc(IptcImagePlugin.getiptcinfo(cast(ImageFile, image)) or {})
    return _together(exif, xmp, iptc)


def of_exif(tags: Image.Exif) -> Metadata:
    """As `embedded`, out of a file that is nothing but a list of tags to Pillow."""
    packet = tags.get(_XMP_TAG)
    xmp = from_xmp(packet) if isinstance(packet, bytes) else Metadata()
    return _together(from_exif(tags), xmp, Metadata())


def _together(exif: Metadata, xmp: Metadata, iptc: Metadata) -> Metadata:
    edited = Metadata(rating=xmp.rating, keywords=xmp.keywords or iptc.keywords)
    return edited.over(exif).over(xmp).over(iptc)


def _packet(image: Image.Image) -> bytes | str:
    tags = getattr(image, "tag_v2", {})
    for place in _XMP_PLACES:
        packet = tags.get(place) if isinstance(place, int) else image.info.get(place)
        if isinstance(packet, bytes | str):
            return packet
    return b""


def _from_iptc(records: Any) -> Metadata:
    keywords = records.get(_IPTC_KEYWORDS, [])
    day = clean_text(records.get(_IPTC_DAY)) or ""  # 20190714
    return Metadata(
        taken_at=clean_time(f"{day[:4]}-{day[4:6]}-{day[6:8]}") if len(day) == 8 else None,
        keywords=clean_keywords(keywords if isinstance(keywords, list) else [keywords]),
    )
