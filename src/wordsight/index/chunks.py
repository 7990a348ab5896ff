"""Reading many vectors, some at a time, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_ROWS = 65_536


def chunks(
    vectors: npt.NDArray[np.floating | np.int8], rows: Ids | None = None
) -> Iterator[Floats]:
    """All vectors `[n, d]`, or those of some rows, as float32 `[…, d]`, in order."""
    for start in range(0, len(vectors) if rows is None else len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        yield np.asarray(vectors[part if rows is None else rows[part]], np.float32)
