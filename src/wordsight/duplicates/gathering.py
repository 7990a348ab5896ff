"""Rows of more photos than memory has room for, in files that vanish with the process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from wordsight.catalog.likenesses import LikenessRows
from wordsight.catalog.memberships import STORED

Rows = npt.NDArray[np.int64]

_SMALL = ("ids", "taken", "cameras", "compared")


@contextmanager
def gathered(parts: Iterable[LikenessRows], folder: Path) -> Iterator[LikenessRows]:
    """All rows of the parts, which are not none; their vectors, in float16, and their thumbprints
    are mapped from files in the folder: 1.8 KB a photo."""
    folder.mkdir(parents=True, exist_ok=True)
    small: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in _SMALL}
    with TemporaryFile(dir=folder) as vectors, TemporaryFile(dir=folder) as thumbprints:
        for part in parts:
            part.vectors.astype(STORED).tofile(vectors)
            part.thumbprints.tofile(thumbprints)
            for name, kept in small.items():
                kept.append(getattr(part, name))
        arrays = {name: np.concatenate(kept) for name, kept in small.items()}
        count = len(arrays["ids"])
        yield LikenessRows(
            vectors=_mapped(vectors, STORED, count),
            thumbprints=_mapped(thumbprints, np.uint8, count),
            **arrays,
        )


def _mapped(file: IO[bytes], dtype: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
    file.flush()
    return np.memmap(file, dtype, "r").reshape(count, -1)


def take(rows: LikenessRows, wanted: Rows) -> LikenessRows:
    """Some of the rows, in memory."""
    return LikenessRows(
        rows.ids[wanted],
        np.asarray(rows.vectors[wanted], np.float32),
        np.asarray(rows.thumbprints[wanted]),
        rows.taken[wanted],
        rows.cameras[wanted],
        rows.compared[wanted],
    )
