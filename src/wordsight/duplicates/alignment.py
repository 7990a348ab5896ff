"""How well a small grey picture fits into another one, as a crop of it.

The measure is the zero-mean normalised cross-correlation (Lewis, "Fast Normalized
Cross-Correlation", 1995): window sums from running sums, the products from Fourier transforms.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from wordsight.photos.thumbprint import SIDE, Thumbprint

Floats = npt.NDArray[np.float32]

_KEPT = (1.0, 0.9, 0.8, 0.7)
"""Shares of width and of height that a crop may have left."""
_PLAIN = 4.0
"""Variance of a pixel, in squared levels, under which a picture shows nothing to compare."""


def correlation(one: Thumbprint, other: Thumbprint) -> Floats:
    """Of n pairs of whole thumbprints `[n, SIDE, SIDE]`: -1 to 1, `[n]`."""
    return _best_place(*_windows(one), other, SIDE, SIDE)


def aligned_correlation(one: Thumbprint, other: Thumbprint) -> Floats:
    """The same, with each taken as a crop of the other, wherever and however large it fits best."""
    return np.asarray(np.maximum(_as_crop(one, other), _as_crop(other, one)), np.float32)


def _as_crop(whole: Thumbprint, part: Thumbprint) -> Floats:
    sums, spectrum = _windows(whole)
    sizes = [round(SIDE * kept) for kept in _KEPT]
    fits = [_best_place(sums, spectrum, part, *size) for size in product(sizes, sizes)]
    return np.asarray(np.max(fits, axis=0), np.float32)


def _windows(whole: Thumbprint) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.complexfloating]]:
    """Running sums of levels and of their squares `[2, n, SIDE+1, SIDE+1]`, and the spectrum."""
    levels = whole.astype(np.float64)
    sums = np.zeros((2, len(whole), SIDE + 1, SIDE + 1))
    np.stack([levels, levels**2]).cumsum(2).cumsum(3, out=sums[:, :, 1:, 1:])
    return sums, np.fft.rfft2(whole.astype(np.float32))


def _best_place(
    sums: npt.NDArray[np.float64],
    spectrum: npt.NDArray[np.complexfloating],
    part: Thumbprint,
    height: int,
    width: int,
) -> Floats:
    """The best correlation of parts, shrunk to `[height, width]`, with windows of that size."""
    shrunk = _averaging(height) @ part.astype(np.float32) @ _averaging(width).T
    shrunk -= shrunk.mean((1, 2), keepdims=True)
    padded = np.zeros(part.shape, np.float32)
    padded[:, :height, :width] = shrunk
    products = np.fft.irfft2(spectrum * np.fft.rfft2(padded).conj(), s=(SIDE, SIDE))
    products = products[:, : SIDE - height + 1, : SIDE - width + 1]
    total, squares = (
        of[:, height:, width:]
        - of[:, :-height, width:]
        - of[:, height:, :-width]
        + of[:, :-height, :-width]
        for of in sums
    )
    pixels = height * width
    variance = np.maximum(squares - total**2 / pixels, pixels * _PLAIN)
    own = np.maximum((shrunk**2).sum((1, 2)), pixels * _PLAIN)
    fits = products / np.sqrt(variance * own[:, None, None])
    best: Floats = fits.max((1, 2)).astype(np.float32)
    return best


@cache
def _averaging(size: int) -> Floats:
    """Shrinks SIDE pixels to `size` by the area that each takes of them: `[size, SIDE]`."""
    edges = np.arange(size + 1) * SIDE / size
    pixel = np.arange(SIDE)
    lower = np.maximum(edges[:-1, None], pixel)
    upper = np.minimum(edges[1:, None], pixel + 1)
    shares: Floats = (np.maximum(upper - lower, 0) * size / SIDE).astype(np.float32)
    return shares
