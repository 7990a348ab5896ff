"""From a photo's bytes to upright RGB pixels, safely, whatever the bytes are."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import jpeg_factory

from wordsight.errors import PhotoError
from wordsight.photos.colours import in_srgb, to_rgb
from wordsight.photos.embedded import embedded
from wordsight.photos.exif import ORIENTATION as _EXIF_ORIENTATION
from wordsight.photos.formats import PILLOW_FORMATS
from wordsight.photos.heif import is_heif, open_heif
from wordsight.photos.metadata import Metadata
from wordsight.photos.raw import RawPreview, is_raw, preview_of

MAX_MEGAPIXELS = 100.0
"""Largest picture that is unpacked into memory (RGB: 3 bytes a pixel). Baseline JPEGs are
unpacked at a reduced scale, so only their reduced size counts."""

_REDUCIBLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
_SIDEWAYS = frozenset({5, 6, 7, 8})


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo ready for the models, and what its header tells.

    `pixels` is uint8 `[side, side, 3]`, RGB, the whole photo stretched to a square.
    `width` and `height` are those of the upright original.
    """

    pixels: npt.NDArray[np.uint8]
    width: int
    height: int
    format: str
    metadata: Metadata


def decode(data: bytes, side: int, max_megapixels: float = MAX_MEGAPIXELS) -> DecodedPhoto:
    """Decode a photo for the models.

    Raises:
        PhotoError: the bytes are not a supported, whole picture of acceptable size.
    """
    with _open(data) as opened:
        image = opened.image
        stored = image.size
        _prepare(opened, (side, side), max_megapixels)
        width, height = _upright_size(opened, stored)  # EXIF in a PNG is read by unpacking it
        metadata = _metadata(opened)
        upright = _load_upright(image, side)
        square = upright.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        pixels = np.asarray(in_srgb(square))
    return DecodedPhoto(pixels, width, height, _format(opened), metadata)


def read_metadata(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> Metadata:
    """What the photo's file tells beside its pixels, which are not unpacked for it (but for
    PNGs that tell it behind them).

    Raises:
        PhotoError: the bytes are not a supported picture of acceptable size.
    """
    with _open(data) as opened:
        _prepare(opened, (1, 1), max_megapixels)
        return _metadata(opened)


def thumbnail(data: bytes, longest: int, max_megapixels: float = MAX_MEGAPIXELS) -> bytes:
    """The photo upright, at most `longest` pixels a side, as JPEG bytes.

    Raises:
        PhotoError: as `decode`.
    """
    with _open(data) as opened:
        _prepare(opened, (longest, longest), max_megapixels)
        upright = _load_upright(opened.image, longest)
        upright.thumbnail((longest, longest), Image.Resampling.BICUBIC, reducing_gap=2.0)
        small = in_srgb(upright)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82, icc_profile=None)
    return out.getvalue()


@dataclass(frozen=True)
class _Opened:
    """A picture's header and its encoded bytes, and the RAW file that it is the preview of."""

    image: Image.Image
    data: bytes
    raw: RawPreview | None = None


@contextmanager
def _open(data: bytes) -> Iterator[_Opened]:
    """Open a picture's header; whatever goes wrong inside the block becomes a PhotoError."""
    if not data:
        raise PhotoError("decode", "the file is empty")
    try:
        raw = preview_of(data) if is_raw(data) else None
        picture = data if raw is None else raw.picture
        with _recognise(picture) as image:
            yield _Opened(image, picture, raw)
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError("decode", f"too large to unpack safely: {_one_line(error)}") from error
    except (UnidentifiedImageError, SyntaxError) as error:
        raise PhotoError(
            "decode", f"not a picture in a supported format{_looks_like(data)}"
        ) from error
    except MemoryError as error:
        raise PhotoError("decode", "not enough memory to unpack the picture") from error
    except Exception as error:  # Pillow's plugins raise many kinds on damaged files
        raise PhotoError("decode", f"damaged picture: {_one_line(error)}") from error


def _recognise(data: bytes) -> Image.Image:
    if data.startswith(b"\xff\xd8\xff"):
        # `Image.open` would refuse a phone's 200 megapixels by their header, though they are
        # unpacked at a fraction of that.
        return jpeg_factory(io.BytesIO(data))
    if is_heif(data):
        return open_heif(data)
    return Image.open(io.BytesIO(data), formats=PILLOW_FORMATS)


def _prepare(opened: _Opened, wanted: tuple[int, int], max_megapixels: float) -> None:
    """Choose the scale, and refuse what would take too much memory at it."""
    image, data = opened.image, opened.data
    width, height = image.size
    if image.format in {"JPEG", "MPO"}:
        image.draft("RGB", wanted)
        if not image.info.get("progressive") and _in_one_scan(data, len(image.getbands())):
            width, height = image.size  # else its coefficients are held at full scale
    if width * height > max_megapixels * 1e6:
        raise PhotoError(
            "decode",
            f"{width} x {height} is {width * height / 1e6:.3g} megapixels, "
            f"over the limit of {max_megapixels:g}",
        )


def _load_upright(image: Image.Image, wanted: int) -> Image.Image:
    """Unpack, shrink to not less than twice the wanted side, then turn and convert."""
    image.load()
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    factor = min(image.size) // (2 * wanted)
    if factor > 1 and image.mode in _REDUCIBLE:
        image = image.reduce(factor)  # a large photo is not held several times over
        image.getexif()[_EXIF_ORIENTATION] = orientation
    return to_rgb(ImageOps.exif_transpose(image))


def _in_one_scan(data: bytes, colours: int) -> bool:
    """Whether a JPEG's first scan carries all its colours: libjpeg holds all others whole."""
    place = 2
    while data[place : place + 1] == b"\xff":
        marker = data[place + 1]
        if marker == 0xDA:
            return data[place + 4] == colours
        place += 1 if marker == 0xFF else 2 + int.from_bytes(data[place + 2 : place + 4])
    return False


def _format(opened: _Opened) -> str:
    if opened.raw is not None:
        return "RAW"
    return "JPEG" if opened.image.format == "MPO" else opened.image.format or ""


def _metadata(opened: _Opened) -> Metadata:
    told = embedded(opened.image)
    return told if opened.raw is None else opened.raw.metadata.over(told)


def _upright_size(opened: _Opened, stored: tuple[int, int]) -> tuple[int, int]:
    if opened.raw is not None:
        return opened.raw.width, opened.raw.height
    image = opened.image
    width, height = stored
    if image.format == "TIFF":  # Pillow has turned it already
        return width, height
    if image.getexif().get(_EXIF_ORIENTATION) in _SIDEWAYS:
        return height, width
    return width, height


def _looks_like(data: bytes) -> str:
    head = data[:512]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return ""
    return "" if b"\0" in head else " (it is text)"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
