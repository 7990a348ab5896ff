"""Views of a photo to train on: as it is, mirrored, and cut-outs."""

from __future__ import annotations

import numpy as np
from PIL import Image

from wordsight.models.runtime import Pixels

PLAIN = 0
_LEAST_AREA = 0.6
_STRETCH = 0.2
"""Largest change of a cut-out's aspect ratio, as a logarithm."""


def view_of(pixels: Pixels, view: int, photo: int) -> Pixels:
    """View number `view` of photo number `photo`, uint8 `[side, side, 3]` as `pixels` is.

    0 is the photo as it is, 1 is mirrored, the others are cut-outs, every other one mirrored.
    The same numbers give the same view, so cached features stay those of one photo.
    """
    shown = pixels if view < 2 else _cut_out(pixels, np.random.default_rng((view, photo)))
    return shown[:, ::-1] if view % 2 else shown


def _cut_out(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    side = len(pixels)
    area = rng.uniform(_LEAST_AREA, 1)
    ratio = np.exp(rng.uniform(-_STRETCH, _STRETCH))
    width, height = (min(side, int(side * np.sqrt(part))) for part in (area * ratio, area / ratio))
    left, top = (int(rng.integers(side - extent + 1)) for extent in (width, height))
    box = (left, top, left + width, top + height)
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR, box))
