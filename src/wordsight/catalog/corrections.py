"""What people say that photos show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine, delete, exists, insert, select, update

from wordsight.catalog.database import next_version
from wordsight.catalog.dialects import writing
from wordsight.catalog.memberships import STORED, Members, is_active, place
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import captions, corrections, embeddings, files, photos
from wordsight.catalog.storing import Placed
from wordsight.catalog.texts import refresh

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Described:
    """A photo whose caption may be corrected: what its models said, and what they saw, `[d]`."""

    id: int
    sha256: str
    caption: str
    described_by: str
    picture_vector: Floats


class Corrections:
    """The table `corrections`: by the hash of a photo's bytes, so that they outlive its rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def described(self, photo_id: int) -> Described | None:
        """A photo that lies somewhere."""
        query = (
            select(photos, captions.c.text, embeddings.c.vector)
            .join(captions, captions.c.photo_id == photos.c.id)
            .join(embeddings, embeddings.c.photo_id == photos.c.id)
            .where(photos.c.id == photo_id, embeddings.c.signal == "picture")
            .where(exists().where(files.c.photo_id == photos.c.id))
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        vector = np.frombuffer(row.vector, STORED).astype(np.float32)
        return Described(row.id, row.sha256, row.text, row.described_by, vector)

    @retried
    def texts_of(self, sha256: Sequence[str]) -> dict[str, str]:
        """What people said of some contents."""
        query = select(corrections.c.sha256, corrections.c.text)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(corrections.c.sha256.in_(sha256)))
            return {row.sha256: row.text for row in rows}

    @retried
    def record(
        self,
        photo: Described,
        text: str | None,
        vector: Floats | None = None,
        placed: Placed | None = None,
    ) -> bool:
        """Store a caption, or forget it for None.

        False, and nothing is stored, if another clustering than that of `placed` has become
        the active one, or other models have described the photo.

        Args:
            photo: as it was read.
            text: what it shows.
            vector: the embedding of its caption from now on, unit `[d]`.
            placed: its cell from now on.
        """
        with writing(self._engine) as connection:
            now = select(photos.c.described_by).where(photos.c.id == photo.id)
            if connection.scalar(now) != photo.described_by:
                return False
            if placed is not None and not is_active(connection, placed.clustering_id):
                return False
            known = corrections.c.sha256 == photo.sha256
            connection.execute(delete(corrections).where(known))
            if text is not None:
                at = datetime.now(UTC).replace(tzinfo=None)
                row = {"sha256": photo.sha256, "text": text, "corrected_at": at}
                connection.execute(insert(corrections).values(**row))
            changed = update(photos).where(photos.c.id == photo.id)
            connection.execute(changed.values(version=next_version(connection)))
            if vector is not None and placed is not None:
                stored = vector.astype(STORED).tobytes()
                said = (embeddings.c.photo_id == photo.id) & (embeddings.c.signal == "caption")
                connection.execute(update(embeddings).where(said).values(vector=stored))
                ids = np.array([photo.id], np.int64)
                members = Members(ids, placed.cells, placed.squared_distances, placed.vectors)
                place(connection, placed.clustering_id, members)
            refresh(connection, [photo.id])
        return True

    @retried
    def least_certain(self, most: int) -> list[int]:
        """Photos that no person has captioned, those with the lowest confidence first."""
        query = (
            select(photos.c.id)
            .join(captions)
            .where(exists().where(files.c.photo_id == photos.c.id))
            .where(~exists().where(corrections.c.sha256 == photos.c.sha256))
            .order_by(captions.c.confidence, photos.c.id)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query.limit(most)))
