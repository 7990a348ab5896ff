"""Photos as queries: one of the collection, or one from outside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.errors import QueryError
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


def query_of_pixels(models: ModelSet, pixels: Pixels) -> Floats:
    """Where a photo `[224, 224, 3]` lies among the pictures: unit float32 `[d]`.

    Raises:
        QueryError: pictures lie in no space.
    """
    if not models.sees:
        raise QueryError("the library's encoder knows words only; search by them")
    seen: Floats = models.look(pixels[None])[0]
    return seen


def query_of_photo(catalog: Catalog, models: ModelSet, photo_id: int) -> Floats | None:
    """The vector that a photo of the collection is found by; None if it cannot be found."""
    row = catalog.descriptions.vectors_among([photo_id], models.identity)
    if not len(row.ids):
        return None
    fused, _, _ = models.place(row.caption, row.picture)
    return np.asarray(fused[0], np.float32)
