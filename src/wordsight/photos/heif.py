"""HEIC and HEIF, as phones write them; AVIF, of the same family, needs no help."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

from wordsight.photos.formats import missing_decoder

_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_EITHER = {b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}


def is_heif(data: bytes) -> bool:
    """Whether the container says so: its brands, of which it may have many."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4]), 512)
    brands = {data[8:12], *(data[i : i + 4] for i in range(16, end, 4))}
    return bool(brands & (_HEIF | _EITHER)) and not brands & _AVIF


def open_heif(data: bytes) -> Image.Image:
    """Its header; the main picture is unpacked later.

    Raises:
        PhotoError: the decoder is not installed.
    """
    _register()
    return Image.open(io.BytesIO(data), formats=("HEIF",))


@cache
def _register() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise missing_decoder("heic") from None
    register_heif_opener(thumbnails=False)
