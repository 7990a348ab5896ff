"""The formats of photos, and the extras that bring decoders for some of them."""

from __future__ import annotations

from importlib.util import find_spec

from wordsight.errors import PhotoError

PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_EVERYWHERE = "jpg jpeg jpe jfif png webp gif bmp tif tiff avif"
_HEIF = "heic heif hif"
_RAW = "dng cr2 cr3 nef nrw arw sr2 srf srw orf rw2 raf pef raw rwl 3fr iiq erf mrw dcr x3f"
EXTENSIONS = frozenset(f".{name}" for name in f"{_EVERYWHERE} {_HEIF} {_RAW}".split())

_DECODERS = {"heic": "pillow_heif", "raw": "rawpy"}
_NAMES = {"heic": "HEIC photos", "raw": "camera RAW photos"}


def missing_decoder(extra: str) -> PhotoError:
    """Why a photo cannot be decoded yet; its stage tells which extra would."""
    return PhotoError(
        stage_without(extra),
        f"{_NAMES[extra]} need a decoder; run `pip install 'wordsight[{extra}]'` and index again",
    )


def stage_without(extra: str) -> str:
    """The stage of failures that are over as soon as an extra is installed."""
    return f"needs {extra}"


def installed_decoders() -> list[str]:
    """The extras that are installed."""
    return [extra for extra, module in _DECODERS.items() if find_spec(module) is not None]
