"""Any picture as 8-bit sRGB: deep, printed, transparent, or of another colour space."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MAX_PROFILE = 4 << 20


def to_rgb(image: Image.Image) -> Image.Image:
    """RGB, with transparency laid over white, and deep greys scaled to 8 bits.

    Where the picture says how its colours are meant, `in_srgb` is still to be asked.
    """
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        image = _toned(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return _transformed(image, ImageCms.buildTransform(lab, srgb, "LAB", "RGB"))
    if image.mode == "CMYK":
        return _from_ink(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        profile = image.info.get("icc_profile")
        image = Image.alpha_composite(white, rgba)
        image.info["icc_profile"] = profile
    return image.convert("RGB")


def in_srgb(image: Image.Image) -> Image.Image:
    """An RGB picture in sRGB, out of the colour space that its profile tells.

    Cheap for small pictures only, so shrink it first. A damaged profile counts as none.
    """
    transform = _transform(image.info.get("icc_profile"), "RGB")
    return image if transform is None else _transformed(image, transform)


def _toned(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits, or fractions, by the smallest usual range that holds them."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    brightest = float(values.max(initial=0.0))
    ranges = [65535.0] if image.mode.startswith("I;16") else [255.0, 65535.0]
    if image.mode == "F":
        ranges.insert(0, 1.0)
    top = next((top for top in ranges if brightest <= top), brightest)
    return Image.fromarray((values.clip(0, top) * (255.0 / top)).round().astype(np.uint8))


def _from_ink(image: Image.Image) -> Image.Image:
    """By the printer's own profile, if there is one that fits."""
    transform = _transform(image.info.get("icc_profile"), "CMYK")
    if transform is not None:
        return _transformed(image, transform)
    plain = image.convert("RGB")
    plain.info.pop("icc_profile", None)
    return plain


def _transformed(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is not done in place
    converted.info.pop("icc_profile", None)
    return converted


def _transform(data: object, mode: str) -> ImageCms.ImageCmsTransform | None:
    if not isinstance(data, bytes) or not 0 < len(data) <= _MAX_PROFILE:
        return None
    return _known_transform(data, mode)


@lru_cache(maxsize=8)  # a camera has one profile, and to prepare it costs most
def _known_transform(data: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Into sRGB; None if that is where the picture is, or the profile is of no use."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = str(profile.profile.xcolor_space).strip()
        if space != mode or "sRGB" in str(profile.profile.profile_description or ""):
            return None
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
