"""Photos of the library as the API shows them: without any path of this machine."""

from __future__ import annotations

import time
from typing import Any

from wordsight.catalog.descriptions import PhotoDetail
from wordsight.library import Library
from wordsight.overview import folder_of
from wordsight.photos.places import in_store, name_of
from wordsight.server.answers import FoundPhoto, Photo, PhotoDetails, Place

_SOURCES_KEPT = 5.0


class Shower:
    """Makes answers of what the library gives."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._sources: list[str] = []
        self._read_at = float("-inf")

    def photo(self, detail: PhotoDetail) -> Photo:
        """Without scores."""
        return Photo(**self._fields(detail))

    def found(self, hit: Any) -> FoundPhoto:
        """With the scores of a hit."""
        return FoundPhoto(
            **self._fields(hit),
            score=hit.score,
            caption_score=hit.caption_score,
            picture_score=hit.picture_score,
            words_score=hit.words_score,
            likelihood=hit.likelihood,
            match=hit.match,
            alike=hit.alike,
        )

    def details(self, detail: PhotoDetail, with_place: bool) -> PhotoDetails:
        """With all that its file tells; where it was taken only on request."""
        row = self._library.metadata(detail.id)
        latitude, longitude = (row.latitude, row.longitude) if row and with_place else (None, None)
        place = None
        if latitude is not None and longitude is not None:
            place = Place(latitude=latitude, longitude=longitude)
        return PhotoDetails(
            **self._fields(detail),
            lens=row.lens if row else None,
            rating=row.rating if row else None,
            keywords=list(row.keywords) if row else [],
            utc_offset=row.utc_offset if row else None,
            place=place,
        )

    def _fields(self, detail: PhotoDetail) -> dict[str, Any]:
        base = f"/api/v1/photos/{detail.id}"
        # Ids begin anew in another library, and browsers keep pictures.
        content = detail.sha256[:12]
        image = f"{base}/image?v={content}"
        return {
            "id": detail.id,
            "caption": detail.caption,
            "corrected": detail.corrected,
            "confidence": detail.confidence,
            "certainty": self._library.certainty(detail),
            "name": name_of(detail.uris[0]),
            "folder": folder_of(detail.uris[0], self._known_sources()),
            "copies": len(detail.uris),
            "in_series": detail.series is not None,
            "width": detail.width,
            "height": detail.height,
            "taken_at": detail.taken_at,
            "camera": detail.camera,
            "thumbnail": f"{base}/thumbnail?v={content}",
            "image": image,
            "url": (self._library.pictures.url(detail) if all(map(in_store, detail.uris)) else None)
            or image,
        }

    def _known_sources(self) -> list[str]:
        if time.monotonic() - self._read_at > _SOURCES_KEPT:
            self._sources = self._library.overview().sources()
            self._read_at = time.monotonic()
        return self._sources
