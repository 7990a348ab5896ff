"""The library's encoder, and its change: staged beside what is searched, then put in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, Select, and_, delete, exists, func, select, update

from wordsight.catalog.database import next_version
from wordsight.catalog.dialects import among, upsert, writing
from wordsight.catalog.memberships import STORED
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import (
    captions,
    corrections,
    embeddings,
    files,
    photos,
    settings,
    staged,
)

_ENCODER = "encoder"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CaptionedPhoto:
    """A photo to be encoded anew: its caption, by a person or not, of a `version`, and places."""

    id: int
    version: int
    caption: str
    corrected: bool
    uris: tuple[str, ...]


class Encoders:
    """The tables `settings` and `staged`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def chosen(self) -> str | None:
        """Where the library's encoder lies; None for the packaged one."""
        query = select(settings.c.value).where(settings.c.name == _ENCODER)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    @retried
    def described_by(self) -> str:
        """Identity of the models that most photos are described by; empty without any photo."""
        query = select(photos.c.described_by).group_by(photos.c.described_by)
        with self._engine.connect() as connection:
            return connection.scalar(query.order_by(func.count().desc()).limit(1)) or ""

    @retried
    def count(self, now: str, later: str) -> int:
        """How many photos that one set of models describes have not been staged for another."""
        query = _unstaged(now, later).with_only_columns(func.count())
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    @retried
    def unstaged(self, now: str, later: str, after: int, most: int) -> list[CaptionedPhoto]:
        """Some of these, with higher ids than one."""
        chosen = _unstaged(now, later).where(photos.c.id > after).order_by(photos.c.id).limit(most)
        with self._engine.connect() as connection:
            ids = list(connection.scalars(chosen))
            query = (
                select(photos.c.id, photos.c.version, captions.c.text, corrections.c.text)
                .join(captions, captions.c.photo_id == photos.c.id)
                .outerjoin(corrections, corrections.c.sha256 == photos.c.sha256)
                .where(among(connection, photos.c.id, ids))
                .order_by(photos.c.id)
            )
            rows = connection.execute(query).all()
            uris = _places(connection, ids)
        return [
            CaptionedPhoto(
                photo_id, version, said or text, said is not None, tuple(uris.get(photo_id, ()))
            )
            for photo_id, version, text, said in rows
        ]

    @retried
    def stage(
        self, later: str, rows: Sequence[CaptionedPhoto], caption: Floats, picture: Floats
    ) -> None:
        """Keep embeddings `[n, d]` of photos, until all have them."""
        with writing(self._engine) as connection:
            for photo, said, seen in zip(rows, caption, picture, strict=True):
                values = {
                    "version": photo.version,
                    "caption": said.astype(STORED).tobytes(),
                    "picture": seen.astype(STORED).tobytes(),
                }
                known = upsert(connection, staged).values(
                    described_by=later, photo_id=photo.id, **values
                )
                keys = [staged.c.described_by, staged.c.photo_id]
                connection.execute(known.on_conflict_do_update(index_elements=keys, set_=values))

    @retried
    def switch(self, later: str, model_ids: Mapping[str, int], encoder: str | None) -> int:
        """Put all that is staged in the place of what was, all or nothing, and choose the encoder.

        Photos that changed since they were staged, or were not staged, keep what they have, which
        then counts as of other models. Returns how many were switched.
        """
        with writing(self._engine) as connection:
            ready = _ready(later)
            for signal, kind in (("caption", "encoder"), ("picture", "projection")):
                vector = select(staged.c[signal]).where(
                    staged.c.described_by == later, staged.c.photo_id == embeddings.c.photo_id
                )
                connection.execute(
                    update(embeddings)
                    .where(embeddings.c.signal == signal, embeddings.c.photo_id.in_(ready))
                    .values(vector=vector.scalar_subquery(), model_id=model_ids[kind])
                )
            version = next_version(connection)
            moved = update(photos).where(photos.c.id.in_(ready))
            switched = connection.execute(moved.values(described_by=later, version=version))
            connection.execute(delete(staged))
            connection.execute(delete(settings).where(settings.c.name == _ENCODER))
            if encoder is not None:
                row = {"name": _ENCODER, "value": encoder}
                connection.execute(upsert(connection, settings).values(row))
        return int(switched.rowcount)


def _unstaged(now: str, later: str) -> Select[Any]:
    there = and_(
        staged.c.photo_id == photos.c.id,
        staged.c.described_by == later,
        staged.c.version == photos.c.version,
    )
    return select(photos.c.id).where(photos.c.described_by == now, ~exists().where(there))


def _ready(later: str) -> Select[Any]:
    """Photos that are as they were when they were staged."""
    return (
        select(staged.c.photo_id)
        .join(photos, photos.c.id == staged.c.photo_id)
        .where(staged.c.described_by == later, staged.c.version == photos.c.version)
    )


def _places(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    query = select(files.c.photo_id, files.c.uri).order_by(files.c.uri)
    found: dict[int, list[str]] = {}
    for row in connection.execute(query.where(among(connection, files.c.photo_id, ids))):
        found.setdefault(row.photo_id, []).append(row.uri)
    return found
