"""A person's captions: in the place of the model's, found by at once, kept for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wordsight.catalog import Catalog
from wordsight.catalog.corrections import Described
from wordsight.catalog.storing import PhotoRow
from wordsight.clusters import Clusters
from wordsight.errors import QueryError
from wordsight.models.fusion import PERSON_LENGTH
from wordsight.models.packaged import ModelSet

LONGEST = 500
"""Characters of a caption."""


class Corrector:
    """Takes captions in beside any run that is indexing."""

    def __init__(self, catalog: Catalog, models: ModelSet) -> None:
        self._catalog = catalog
        self._models = models
        self._clusters = Clusters(catalog, models)

    def correct(self, photo_id: int, caption: str | None) -> None:
        """Caption a photo; None takes back what was said before. Does nothing to a photo that
        there is not.

        Raises:
            QueryError: the caption is empty or too long.
        """
        text = None if caption is None else checked(caption)
        stored = False
        while not stored:
            photo = self._catalog.corrections.described(photo_id)
            if photo is None:
                return
            stored = self._store(photo, text)

    def _store(self, photo: Described, text: str | None) -> bool:
        """In new cells if they have been fitted meanwhile."""
        corrections = self._catalog.corrections
        if photo.described_by != self._models.identity:  # placed when it is described anew
            return corrections.record(photo, text)
        vector = self._models.encoder.encode([text or photo.caption])[0]
        vector = vector if text is None else vector * PERSON_LENGTH
        placed = self._clusters.place_vectors(vector[None], photo.picture_vector[None])
        return corrections.record(photo, text, vector, placed)


def with_corrections(
    catalog: Catalog, models: ModelSet, rows: Sequence[PhotoRow]
) -> Sequence[PhotoRow]:
    """New descriptions, placed by what a person has said of them before."""
    said = catalog.corrections.texts_of([row.sha256 for row in rows])
    if not said:
        return rows
    encoded = models.encoder.encode(list(said.values())) * PERSON_LENGTH
    vectors = dict(zip(said, encoded, strict=True))
    return [
        replace(row, caption_vector=vectors[row.sha256]) if row.sha256 in vectors else row
        for row in rows
    ]


def checked(caption: str) -> str:
    """A caption in one line.

    Raises:
        QueryError: it is empty or too long.
    """
    text = " ".join(caption.split())
    if not text:
        raise QueryError("the caption is empty; say what the photo shows")
    if len(text) > LONGEST:
        raise QueryError(f"the caption has {len(text)} characters, at most {LONGEST} are kept")
    return text
