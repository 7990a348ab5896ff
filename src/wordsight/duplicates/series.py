"""Series of near-duplicates as they are shown."""

from __future__ import annotations

from wordsight.catalog import Catalog
from wordsight.catalog.descriptions import PhotoDetail


class Duplicates:
    """The near-duplicates of a library."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def series(self, limit: int = 100, after: int = -1) -> dict[int, list[PhotoDetail]]:
        """Series by their numbers, those with the lowest numbers after one first."""
        series = self._catalog.likenesses.series(limit, after)
        photos = [photo_id for ids in series.values() for photo_id in ids]
        details = self._catalog.descriptions.details(photos)
        return {
            number: [details[photo_id] for photo_id in ids if photo_id in details]
            for number, ids in series.items()
        }

    def of(self, photo: PhotoDetail) -> list[PhotoDetail]:
        """The near-duplicates of a photo, without it."""
        if photo.series is None:
            return []
        ids = self._catalog.likenesses.of_series(photo.series)
        found = self._catalog.descriptions.details(ids)
        return [found[other] for other in ids if other in found and other != photo.id]
