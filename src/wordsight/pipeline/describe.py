"""Describing photos: bytes in, rows out. Knows nothing of folders, databases or threads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.models.packaged import PHOTO_SIDE, ModelSet
from wordsight.photos.decode import MAX_MEGAPIXELS, DecodedPhoto, decode

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Description:
    """What the models say of a photo.

    `confidence` is the caption's mean token log-probability, `attention` float32
    `[words, 49]`; both vectors are unit-length float32 `[384]`.
    """

    caption: str
    confidence: float
    attention: Floats
    caption_vector: Floats
    picture_vector: Floats


@dataclass(frozen=True)
class DescribedPhoto:
    """A photo's header, its description, and its thumbprint if that was taken."""

    sha256: str
    width: int
    height: int
    format: str
    description: Description
    thumbprint: bytes = b""


def content_hash(data: bytes) -> str:
    """By which a photo is known wherever it lies: SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def decode_for_models(data: bytes, max_megapixels: float = MAX_MEGAPIXELS) -> DecodedPhoto:
    """A photo as the models take it.

    Raises:
        PhotoError: the bytes are not a supported, whole picture of acceptable size.
    """
    return decode(data, PHOTO_SIDE, max_megapixels)


def describe(photos: Sequence[DecodedPhoto], models: ModelSet) -> list[Description]:
    """Caption and embed photos. Each result depends on its own photo alone."""
    if not photos:
        return []
    pixels = np.stack([photo.pixels for photo in photos])
    grid = models.grid(pixels)
    captions = models.captioner.caption(grid)
    caption_vectors = models.encoder.encode([caption.text for caption in captions])
    picture_vectors = models.look(pixels, grid)
    return [
        Description(caption.text, caption.confidence, caption.attention, said, seen)
        for caption, said, seen in zip(captions, caption_vectors, picture_vectors, strict=True)
    ]
