"""A small camera RAW file, as DNG has it: a JPEG preview, and a mosaic of sensor values."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

from PIL import Image

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8}  # bytes of a value, by the type of a TIFF tag
Tags = Mapping[int, tuple[int, bytes]]


def dng(
    preview: bytes | None,
    size: tuple[int, int] = (96, 64),
    orientation: int = 1,
    make: str = "Acme",
) -> bytes:
    """A DNG of `size` sensor values with this JPEG as its preview, or with none."""
    width, height = size
    mosaic = struct.pack("<H", 2000) * (width * height)
    first = 8 + len(mosaic) + len(preview or b"")
    camera = _camera(orientation, make)
    raw = _mosaic(size, 8, len(mosaic))
    if preview is None:
        tables = _table({**camera, **raw}, first)
    else:
        small = _preview(preview, 8 + len(mosaic))
        length = len(_table({**camera, **small, 330: (4, bytes(4))}, first))
        above = {**camera, **small, 330: (4, struct.pack("<I", first + length))}
        tables = _table(above, first) + _table(raw, first + length)
    return b"II*\0" + struct.pack("<I", first) + mosaic + (preview or b"") + tables


def _camera(orientation: int, make: str) -> Tags:
    matrix = struct.pack("<18i", *(n for i in range(9) for n in (int(i % 4 == 0), 1)))
    return {
        271: (2, make.encode() + b"\0"),
        272: (2, b"Model 1\0"),
        274: (3, struct.pack("<H", orientation)),
        306: (2, b"2019:07:14 18:03:59\0"),
        50706: (1, bytes([1, 4, 0, 0])),
        50707: (1, bytes([1, 1, 0, 0])),
        50708: (2, b"Acme Model 1\0"),
        50721: (10, matrix),
    }


def _preview(jpeg: bytes, at: int) -> Tags:
    with Image.open(io.BytesIO(jpeg)) as image:
        size = image.size
    return {**_picture(size, at, len(jpeg), reduced=1, bits=(8, 8, 8), coding=7, colours=6)}


def _mosaic(size: tuple[int, int], at: int, length: int) -> Tags:
    return {
        **_picture(size, at, length, reduced=0, bits=(16,), coding=1, colours=32803),
        33421: (3, struct.pack("<2H", 2, 2)),
        33422: (1, bytes([0, 1, 1, 2])),
        50717: (4, struct.pack("<I", 65535)),
    }


def _picture(
    size: tuple[int, int],
    at: int,
    length: int,
    reduced: int,
    bits: tuple[int, ...],
    coding: int,
    colours: int,
) -> Tags:
    def number(value: int) -> tuple[int, bytes]:
        return 4, struct.pack("<I", value)

    return {
        254: number(reduced),
        256: number(size[0]),
        257: number(size[1]),
        258: (3, struct.pack(f"<{len(bits)}H", *bits)),
        259: (3, struct.pack("<H", coding)),
        262: (3, struct.pack("<H", colours)),
        273: number(at),
        277: (3, struct.pack("<H", len(bits))),
        278: number(size[1]),
        279: number(length),
    }


def _table(tags: Tags, at: int) -> bytes:
    """A TIFF directory that is to lie at `at`, with its values behind it."""
    rows, values = b"", b""
    behind = at + 2 + 12 * len(tags) + 4
    for tag, (kind, value) in sorted(tags.items()):
        count = len(value) // _SIZES[kind]
        if len(value) > 4:
            place = struct.pack("<I", behind + len(values))
            values += value + b"\0" * (len(value) % 2)
        else:
            place = value.ljust(4, b"\0")
        rows += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(tags)) + rows + bytes(4) + values
