"""Which photos are near-duplicates.

The thresholds were chosen on Flickr8k's training photos (`docs/benchmarks.md`): pictures' vectors
alone take like scenes for the same, and small grey pictures alone take skies for the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wordsight.catalog.likenesses import LikenessRows
from wordsight.duplicates.alignment import aligned_correlation, correlation
from wordsight.photos.thumbprint import SIDE, Thumbprint

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

SAME_PICTURE = 0.98
"""Correlation of what is the same picture: encoded again, resized, brightened, in grey."""
LIKE_SCENE = 0.87
"""Cosine of pictures' vectors from which two may be crops of one, or of one series."""
FITTING = 0.85
"""Correlation, aligned, of like scenes that are near-duplicates."""
BURST_SECONDS = 10.0
BURST_SCENE = 0.9
"""Cosine of photos that one camera took within so many seconds and that are a series."""

_COARSE = 8
_COARSELY_SAME = 0.95
_NEAREST = 4
"""Of all like scenes of a photo, these many are looked at closely."""


def near_duplicates(new: LikenessRows, others: LikenessRows) -> list[tuple[int, int]]:
    """Pairs of ids, of one of the new photos and one of the others: each pair is found once, by
    that of them which is compared later."""
    return sorted({*parts_or_moments(new, others), *same_pictures(new, others)})


def parts_or_moments(new: LikenessRows, others: LikenessRows) -> list[tuple[int, int]]:
    """Of such pairs those of like scenes, of which one fits into the other, or of one moment."""
    one, other = _pictures(new), _pictures(others)
    cosines = new.vectors @ others.vectors.T
    rows, columns = _nearest(cosines, LIKE_SCENE, new, others)
    close = _in_one_burst(new, others, rows, columns) & (cosines[rows, columns] >= BURST_SCENE)
    close[~close] = aligned_correlation(one[rows[~close]], other[columns[~close]]) >= FITTING
    return _pairs(new, others, rows[close], columns[close])


def same_pictures(new: LikenessRows, others: LikenessRows) -> list[tuple[int, int]]:
    """Of such pairs those that show the same, whole."""
    scores = coarse(new.thumbprints) @ coarse(others.thumbprints).T
    rows, columns = _nearest(scores, _COARSELY_SAME, new, others)
    same = correlation(_pictures(new)[rows], _pictures(others)[columns]) >= SAME_PICTURE
    return _pairs(new, others, rows[same], columns[same])


def coarse(thumbprints: Thumbprint) -> Floats:
    """Unit vectors `[n, 64]` of coarser pictures yet: those of the same picture are near."""
    cell = SIDE // _COARSE
    cells = thumbprints.reshape(-1, _COARSE, cell, _COARSE, cell)
    flat = cells.mean((2, 4), dtype=np.float32).reshape(len(thumbprints), -1)
    flat -= flat.mean(1, keepdims=True)
    length = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1.0)
    return np.asarray(flat / length, np.float32)


def _pairs(
    new: LikenessRows, others: LikenessRows, rows: Rows, columns: Rows
) -> list[tuple[int, int]]:
    return list(zip(new.ids[rows].tolist(), others.ids[columns].tolist(), strict=True))


def _nearest(
    scores: Floats, least: float, new: LikenessRows, others: LikenessRows
) -> tuple[Rows, Rows]:
    """Rows and columns of pairs that score enough, the best few of each row: what is nearest tells
    enough. Of each pair only the later one looks at the other."""
    flat = np.flatnonzero(scores >= least)  # few of many
    rows, columns = np.divmod(flat, scores.shape[1])
    earlier = others.compared[columns] | (others.ids[columns] < new.ids[rows])
    earlier &= others.ids[columns] != new.ids[rows]
    rows, columns = rows[earlier], columns[earlier]
    order = np.lexsort((-scores[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows[place < _NEAREST], columns[place < _NEAREST]


def _in_one_burst(
    new: LikenessRows, others: LikenessRows, rows: Rows, columns: Rows
) -> npt.NDArray[np.bool_]:
    camera = new.cameras[rows]
    apart = np.abs(new.taken[rows] - others.taken[columns])  # NaN, where unknown, is never less
    together = (camera == others.cameras[columns]) & (apart <= BURST_SECONDS)
    return np.asarray((camera != 0) & together, np.bool_)


def _pictures(rows: LikenessRows) -> Thumbprint:
    return rows.thumbprints.reshape(-1, SIDE, SIDE)
