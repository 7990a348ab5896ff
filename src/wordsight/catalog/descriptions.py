"""Photos with their captions and embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    exists,
    func,
    insert,
    select,
)

from wordsight.catalog.database import read_version
from wordsight.catalog.dialects import among, bound_list, in_bound_list, writing
from wordsight.catalog.memberships import is_active
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import (
    captions,
    corrections,
    embeddings,
    files,
    likenesses,
    models,
    photos,
    state,
)
from wordsight.catalog.storing import PhotoRow, Placed, store, tie
from wordsight.catalog.texts import refresh_changed
from wordsight.errors import LibraryError

Floats = npt.NDArray[np.float32]

STORED = np.dtype("<f2")
"""As vectors are stored."""
_CHUNK = 5000


@dataclass(frozen=True)
class ModelRow:
    """A model that wrote something into the catalog. `kind` is `captioner`, `encoder` or
    `projection`."""

    kind: str
    name: str
    revision: str


@dataclass(frozen=True)
class Vectors:
    """Embeddings of n photos: ids int64 `[n]`, both signals float32 `[n, 384]`."""

    ids: npt.NDArray[np.int64]
    caption: Floats
    picture: Floats


@dataclass(frozen=True)
class PhotoDetail:
    """What is shown of a photo. `uris` are all places where it lies; `corrected` means that the
    caption is a person's; near-duplicates have the same `series`."""

    id: int
    sha256: str
    caption: str
    confidence: float
    uris: tuple[str, ...]
    width: int
    height: int
    taken_at: datetime | None
    camera: str | None
    corrected: bool = False
    series: int | None = None


class Descriptions:
    """The `photos`, `captions`, `embeddings` and `models` tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def version(self) -> int:
        """Raised by every change to what can be found."""
        return read_version(self._engine)

    @retried
    def catalog_id(self) -> str:
        """Random, made with the catalog: snapshots of another one are told by it."""
        with self._engine.connect() as connection:
            return str(connection.execute(select(state.c.catalog_id)).scalar_one())

    @retried
    def register_models(self, rows: Sequence[ModelRow]) -> dict[str, int]:
        """Ids of the models by kind; new ones are added."""
        ids = {}
        with writing(self._engine) as connection:
            for row in rows:
                values = {"kind": row.kind, "name": row.name, "revision": row.revision}
                found = connection.scalar(select(models.c.id).filter_by(**values))
                if found is None:
                    added = insert(models).values(**values).returning(models.c.id)
                    found = connection.execute(added).scalar_one()
                ids[row.kind] = found
        return ids

    @retried
    def described(self, sha256: Sequence[str], described_by: str) -> dict[str, int]:
        """Ids of those of the contents that this set of models has already described."""
        query = select(photos.c.sha256, photos.c.id).where(
            photos.c.sha256.in_(sha256), photos.c.described_by == described_by
        )
        with self._engine.connect() as connection:
            return {row.sha256: row.id for row in connection.execute(query)}

    @retried
    def record(
        self,
        rows: Sequence[PhotoRow],
        places: Mapping[int, str],
        model_ids: Mapping[str, int],
        described_by: str,
        placed: Placed | None = None,
    ) -> bool:
        """Store descriptions and tie files to them, all or nothing.

        False, and nothing is stored, if another clustering than that of `placed` has become
        the active one.

        Args:
            rows: new descriptions.
            places: file id to content hash, of `rows` or of photos described before.
            model_ids: as `register_models` gave them.
            described_by: identity of the set of models.
            placed: the cells of `rows`.
        """
        with writing(self._engine) as connection:
            if placed is not None and not is_active(connection, placed.clustering_id):
                return False
            if rows:
                store(connection, rows, model_ids, described_by, placed)
            tie(connection, places)
            refresh_changed(connection)
        return True

    @retried
    def vectors(self, described_by: str, newer_than: int = -1) -> Vectors:
        """Embeddings of findable photos, by id, never of two sets of models.

        Args:
            described_by: identity of the set of models.
            newer_than: only photos changed after that version.
        """
        wanted = _findable(described_by).where(photos.c.version > newer_than)
        with self._engine.connect() as connection:
            ids = connection.scalars(wanted.order_by(photos.c.id)).all()
            return _load_vectors(connection, ids)

    @contextmanager
    def all_vectors(self, described_by: str) -> Iterator[tuple[int, Iterator[Vectors]]]:
        """How many `vectors` would give, and these, some thousands at a time: both of one state of
        the catalog, into which others may write meanwhile."""
        with self._engine.connect() as connection:
            count = connection.execute(_counted(described_by)).scalar_one()
            yield int(count), _chunks(connection, described_by)

    def vectors_of(self, ids: Sequence[int]) -> Iterator[Vectors]:
        """Embeddings of these photos (ascending ids), some thousands at a time."""
        for start in range(0, len(ids), _CHUNK):
            yield self._vectors_of(ids[start : start + _CHUNK])

    @retried
    def _vectors_of(self, ids: Sequence[int]) -> Vectors:
        with self._engine.connect() as connection:
            return _load_vectors(connection, ids)

    @retried
    def vectors_among(self, ids: Sequence[int], described_by: str) -> Vectors:
        """Embeddings of those of some thousands of photos that `vectors` would give."""
        with self._engine.connect() as connection:
            query = (
                select(embeddings.c.photo_id, embeddings.c.vector)
                .join(photos)
                .where(
                    among(connection, embeddings.c.photo_id, ids),
                    photos.c.described_by == described_by,
                    exists().where(files.c.photo_id == photos.c.id),
                )
                .order_by(embeddings.c.photo_id, embeddings.c.signal)
            )
            rows = connection.execute(query).all()
        if not rows:
            return Vectors(np.empty(0, np.int64), *np.empty((2, 0, 0), np.float32))
        first, second = ([row.photo_id for row in rows[i::2]] for i in (0, 1))
        if first != second:
            raise LibraryError("the catalog lacks embeddings of some photos")
        both = np.frombuffer(b"".join(row.vector for row in rows), STORED).astype(np.float32)
        captions_of, pictures_of = both.reshape(-1, 2, len(rows[0].vector) // 2).swapaxes(0, 1)
        return Vectors(np.array(first), captions_of, pictures_of)

    @retried
    def described_ids(self, described_by: str) -> npt.NDArray[np.int64]:
        """All photos that this set of models has described, whether they lie anywhere or not."""
        query = select(photos.c.id).where(photos.c.described_by == described_by)
        with self._engine.connect() as connection:
            return np.array(connection.scalars(query.order_by(photos.c.id)).all(), np.int64)

    @retried
    def count_findable(self, described_by: str) -> int:
        """How many photos `vectors` would give."""
        with self._engine.connect() as connection:
            return int(connection.execute(_counted(described_by)).scalar_one())

    @retried
    def changed_ids(self, newer_than: int) -> npt.NDArray[np.int64]:
        """All photos changed after a version: new, moved, removed."""
        query = select(photos.c.id).where(photos.c.version > newer_than)
        with self._engine.connect() as connection:
            return np.array(connection.scalars(query).all(), np.int64)

    @retried
    def count_changed(self, newer_than: int) -> int:
        """How many ids `changed_ids` would give."""
        query = select(func.count()).where(photos.c.version > newer_than)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    @retried
    def details(self, ids: Sequence[int]) -> dict[int, PhotoDetail]:
        """What is shown of those photos that still lie somewhere."""
        found: dict[int, tuple[Sequence[Any], list[str]]] = {}
        with self._engine.connect() as connection:
            query = _details(connection.dialect.name)
            for photo_id, uri, *row in connection.execute(
                query, {"ids": bound_list(connection, ids)}
            ):
                found.setdefault(photo_id, (row, []))[1].append(uri)
        return {photo_id: _detail(photo_id, uris, *row) for photo_id, (row, uris) in found.items()}

    @retried
    def models(self) -> list[ModelRow]:
        """Models whose captions or embeddings are in the catalog."""
        used = exists().where(captions.c.model_id == models.c.id) | exists().where(
            embeddings.c.model_id == models.c.id
        )
        query = select(models.c.kind, models.c.name, models.c.revision).where(used)
        with self._engine.connect() as connection:
            return [ModelRow(*row) for row in connection.execute(query.order_by(models.c.kind))]

    @retried
    def count_described_by_others(self, described_by: str) -> int:
        """Findable photos whose description comes from another set of models."""
        query = select(func.count()).where(
            photos.c.described_by != described_by,
            exists().where(files.c.photo_id == photos.c.id),
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


@cache
def _details(dialect: str) -> Select[Any]:
    """A row for each place of photos with the bound `ids`. Built once: every search asks it."""
    return (
        select(
            photos.c.id,
            files.c.uri,
            photos.c.sha256,
            captions.c.text,
            corrections.c.text.label("correction"),
            captions.c.confidence,
            photos.c.width,
            photos.c.height,
            photos.c.taken_at,
            photos.c.make,
            photos.c.model,
            likenesses.c.series,
        )
        .join(captions, captions.c.photo_id == photos.c.id)
        .join(files, files.c.photo_id == photos.c.id)
        .outerjoin(corrections, corrections.c.sha256 == photos.c.sha256)
        .outerjoin(likenesses, likenesses.c.photo_id == photos.c.id)
        .where(in_bound_list(dialect, photos.c.id, "ids"))
        .order_by(files.c.uri)
    )


def _detail(
    photo_id: int,
    uris: Sequence[str],
    sha256: str,
    text: str,
    correction: str | None,
    confidence: float,
    width: int,
    height: int,
    taken_at: datetime | None,
    make: str | None,
    model: str | None,
    series: int | None,
) -> PhotoDetail:
    """Of a row of `_details`."""
    return PhotoDetail(
        id=photo_id,
        sha256=sha256,
        caption=text if correction is None else correction,
        corrected=correction is not None,
        confidence=confidence,
        uris=tuple(uris),
        width=width,
        height=height,
        taken_at=taken_at,
        camera=model or make,
        series=series,
    )


def _findable(described_by: str) -> Select[int]:
    return select(photos.c.id).where(
        photos.c.described_by == described_by, exists().where(files.c.photo_id == photos.c.id)
    )


def _counted(described_by: str) -> Select[int]:
    return _findable(described_by).with_only_columns(func.count())


def _chunks(connection: Connection, described_by: str) -> Iterator[Vectors]:
    query = _findable(described_by).order_by(photos.c.id).limit(_CHUNK)
    last = -1
    while ids := connection.scalars(query.where(photos.c.id > last)).all():
        yield _load_vectors(connection, ids)
        last = ids[-1]


def _load_vectors(connection: Connection, ids: Sequence[int]) -> Vectors:
    """Embeddings of the photos with these ascending ids."""
    parts = [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
    both = [
        np.concatenate([_load_signal(connection, part, signal) for part in parts])
        if parts
        else np.empty((0, 0), np.float32)
        for signal in ("caption", "picture")
    ]
    return Vectors(np.array(ids, np.int64), *both)


def _load_signal(connection: Connection, ids: Sequence[int], signal: str) -> Floats:
    query = (
        select(embeddings.c.vector)
        .where(embeddings.c.signal == signal, among(connection, embeddings.c.photo_id, ids))
        .order_by(embeddings.c.photo_id)
    )
    blobs = connection.scalars(query).all()
    if len(blobs) != len(ids):
        raise LibraryError(f"the catalog lacks embeddings of {len(ids) - len(blobs)} photos")
    vectors = np.frombuffer(b"".join(blobs), STORED).astype(np.float32)
    return vectors.reshape(len(ids), -1)
