"""A photo at a glance: very small and grey, kept to tell near-duplicates by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 32

Thumbprint = npt.NDArray[np.uint8]


def thumbprint(pixels: npt.NDArray[np.uint8]) -> Thumbprint:
    """The photo's luma, uint8 `[SIDE, SIDE]`, out of RGB pixels stretched to a square."""
    luma = Image.fromarray(pixels).convert("L")
    return np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX))
