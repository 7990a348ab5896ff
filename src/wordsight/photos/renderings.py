"""A photo's bytes as pictures of other sizes; who serves them may make them elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import numpy.typing as npt

from wordsight.photos.decode import decode, thumbnail

Shrink = Callable[[bytes, int], bytes]
PixelsOf = Callable[[bytes, int], npt.NDArray[np.uint8]]


def shrunk(data: bytes, longest: int) -> bytes:
    """A photo as an upright JPEG of at most `longest` pixels a side.

    Raises:
        PhotoError: the bytes are no photo.
    """
    return thumbnail(data, longest, max_megapixels=inf)


def squared(data: bytes, side: int) -> npt.NDArray[np.uint8]:
    """A photo's pixels, stretched to a square `[side, side, 3]`.

    Raises:
        PhotoError: the bytes are no photo.
    """
    return decode(data, side).pixels
