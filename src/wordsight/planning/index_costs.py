"""What an index costs by its number of photos: between what was measured, and beyond.

Between two measured sizes a cost grows by the power that joins them; below the smallest it is in
proportion; above the largest the arithmetic of docs/scale.md holds.
"""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt

from wordsight.planning.rates import (
    CENTROID_BYTES,
    CODE_BYTES,
    FIT_POWER,
    INDEXES,
    LOOKED_AT,
    PAIRS,
)

_LARGEST = INDEXES[-1]


def fit_seconds(photos: float) -> float:
    """Processor seconds to fit cells and write the snapshot."""
    if photos > _LARGEST.photos:
        return float(_LARGEST.fit_seconds * (photos / _LARGEST.photos) ** FIT_POWER)
    return _between([(one.photos, one.fit_seconds) for one in INDEXES], photos)


def bytes_read(photos: float) -> float:
    """Bytes of centroids and codes that one query reads."""
    if photos > _LARGEST.photos:
        times = photos / _LARGEST.photos
        return float(CENTROID_BYTES.value * times**0.5 + CODE_BYTES.value * times**0.9)
    return _between([(one.photos, one.bytes_read) for one in INDEXES], photos)


def search_seconds(photos: float) -> float:
    """Seconds of one core for one query; beyond what is measured, by the bytes that it reads."""
    if photos > _LARGEST.photos:
        return _LARGEST.search_seconds * bytes_read(photos) / _LARGEST.bytes_read
    return _between([(one.photos, one.search_seconds) for one in INDEXES], photos)


def compare_seconds(new: float, photos: float) -> float:
    """Processor seconds to compare new photos with all, for near-duplicates: each with half of the
    others, on average, or with nine of three groups times the root of their number, which to find
    takes as long again."""
    with_all = new * photos / 2 / PAIRS.value
    in_groups = new * LOOKED_AT.value + 2 * 9 * photos * sqrt(new) / 3 / PAIRS.value
    return min(with_all, in_groups)


def _between(known: list[tuple[int, float]], photos: float) -> float:
    first, cost = known[0]
    if photos <= first:
        return cost * photos / first
    low, high = next((a, b) for a, b in pairwise(known) if photos <= b[0])
    power = log(high[1] / low[1]) / log(high[0] / low[0])
    return float(low[1] * (photos / low[0]) ** power)
