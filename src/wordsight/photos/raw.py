"""Camera RAW: the preview that the camera put into the file, not the sensor's values."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from wordsight.errors import PhotoError
from wordsight.photos.embedded import of_exif
from wordsight.photos.formats import missing_decoder
from wordsight.photos.metadata import Metadata

if TYPE_CHECKING:
    import rawpy

_TIFF = (b"II*\0", b"MM\0*")
_OTHERS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"\0MRM", b"FOVb")
_CODINGS = {32767, 34713, 65000, 65535}  # of sensor values, by Sony, Nikon, Kodak, Pentax
_REDUCED, _CODING, _MAKE, _SUBTABLES, _DNG = 254, 259, 271, 330, 50706
_TURNS = {3: 2, 5: 1, 6: 3}  # LibRaw's `flip` in quarter turns to the left


@dataclass(frozen=True)
class RawPreview:
    """A whole encoded picture, upright by its EXIF; the size is that of the upright photo."""

    picture: bytes
    width: int
    height: int
    metadata: Metadata


def is_raw(data: bytes) -> bool:
    """Whether this is a RAW file; most kinds look like TIFF but for what is in them."""
    if data.startswith(_OTHERS) or data[4:12] == b"ftypcrx ":
        return True
    if not data.startswith(_TIFF):
        return False
    if data[8:10] == b"CR":
        return True
    tags = _tags(data)
    reduced = tags.get(_REDUCED) == 1 and _SUBTABLES in tags and _MAKE in tags
    return _DNG in tags or reduced or tags.get(_CODING) in _CODINGS


def preview_of(data: bytes) -> RawPreview | None:
    """The preview, the largest there is; None if this is no RAW file after all.

    Raises:
        PhotoError: the decoder is not installed, or there is no preview.
    """
    try:
        import rawpy
    except ImportError:
        raise missing_decoder("raw") from None
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            width, height = raw.sizes.width, raw.sizes.height
            if raw.sizes.flip in {5, 6}:
                width, height = height, width
            return RawPreview(_picture(raw), width, height, _metadata(data))
    except rawpy.LibRawFileUnsupportedError:
        return None
    except rawpy.LibRawNoThumbnailError:
        raise PhotoError("decode", "this RAW file carries no preview; export it as JPEG") from None
    except rawpy.LibRawError as error:
        reason = bytes(error.args[0]).decode("utf-8", "replace") if error.args else "unknown"
        raise PhotoError("decode", f"damaged RAW file: {reason}") from None


def _picture(raw: rawpy.RawPy) -> bytes:
    import rawpy

    preview = raw.extract_thumb()
    if preview.format == rawpy.ThumbFormat.JPEG:
        return bytes(preview.data)
    out = io.BytesIO()
    Image.fromarray(np.rot90(preview.data, _TURNS.get(raw.sizes.flip, 0))).save(out, "BMP")
    return out.getvalue()


def _metadata(data: bytes) -> Metadata:
    return of_exif(_tags(data)) if data.startswith(_TIFF) else Metadata()


def _tags(data: bytes) -> Image.Exif:
    tags = Image.Exif()
    try:
        tags.load(data)
    except Exception:  # damaged: what comes next will tell
        return Image.Exif()
    return tags
