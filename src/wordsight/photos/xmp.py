"""Metadata out of XMP: inside a photo, or in a sidecar file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from wordsight.photos.metadata import (
    Metadata,
    clean_keywords,
    clean_offset,
    clean_place,
    clean_rating,
    clean_text,
    clean_time,
)

MAX_BYTES = 4 << 20

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_TIMES = (
    f"{_EXIF}DateTimeOriginal",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    f"{_XMP}CreateDate",
)
_LENSES = ("{http://cipa.jp/exif/1.0/}LensModel", "{http://ns.adobe.com/exif/1.0/aux/}Lens")
_SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"


def from_xmp(packet: bytes | str, from_sidecar: bool = False) -> Metadata:
    """What is believed of an XMP packet; one that is huge, damaged or defines entities counts
    as absent."""
    if len(packet) > MAX_BYTES:
        return Metadata()
    try:
        root = fromstring(packet.strip(b"\0 \r\n") if isinstance(packet, bytes) else packet)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return Metadata()
    values, keywords = _properties(root)
    taken = next((values[name] for name in _TIMES if clean_time(values.get(name))), None)
    latitude, longitude = clean_place(
        _degrees(values.get(f"{_EXIF}GPSLatitude"), "NS"),
        _degrees(values.get(f"{_EXIF}GPSLongitude"), "EW"),
    )
    return Metadata(
        taken_at=clean_time(taken),
        utc_offset=clean_offset(taken[10:]) if taken else None,
        make=clean_text(values.get(f"{_TIFF}Make")),
        model=clean_text(values.get(f"{_TIFF}Model")),
        lens=next(filter(None, (clean_text(values.get(name)) for name in _LENSES)), None),
        latitude=latitude,
        longitude=longitude,
        rating=clean_rating(values.get(f"{_XMP}Rating")),
        keywords=clean_keywords(keywords),
        from_sidecar=from_sidecar,
    )


def with_sidecar(told: Metadata, packet: bytes | None) -> Metadata:
    """What a photo tells, and its sidecar, which counts more: photo managers write there."""
    return told if packet is None else from_xmp(packet, from_sidecar=True).over(told)


def _properties(root: Element) -> tuple[dict[str, str], list[str | None]]:
    """Simple properties, written as attributes or as elements, and the list of subjects."""
    values: dict[str, str] = {}
    keywords: list[str | None] = []
    for description in root.iter(f"{_RDF}Description"):
        for name, text in _simple(description):
            values.setdefault(name, text.strip())
        for subject in description.findall(_SUBJECT):
            keywords += [item.text for item in subject.iter(f"{_RDF}li")]
    return values, keywords


def _simple(description: Element) -> Iterator[tuple[str, str]]:
    yield from description.attrib.items()
    for child in description:
        if child.text and not len(child):
            yield child.tag, child.text


def _degrees(text: str | None, hemispheres: str) -> float | None:
    """`48,51.5N` or `48,51,30N`."""
    if not text or text[-1:].upper() not in hemispheres:
        return None
    try:
        parts = [float(part) for part in text[:-1].split(",")]
    except ValueError:
        return None
    degrees = sum((part / float(60**i) for i, part in enumerate(parts[:3])), 0.0)
    return -degrees if text[-1:].upper() == hemispheres[1] else degrees
