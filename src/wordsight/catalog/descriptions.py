"""Photos with their captions and embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from wordsight.catalog.database import next_version, read_version
from wordsight.catalog.dialects import among, bound_list, in_bound_list, writing
from wordsight.catalog.likenesses import store_thumbprints
from wordsight.catalog.memberships import Members, is_active, place
from wordsight.catalog.photo_metadata import MetadataRow, columns, store_keywords
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import (
    captions,
    corrections,
    embeddings,
    failures,
    files,
    keywords,
    likenesses,
    models,
    photos,
    state,
)
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
class PhotoRow:
    """A described photo. Vectors are unit-length float32 `[384]`; the thumbprint may be missing,
    and is then taken from the photo later."""

    sha256: str
    width: int
    height: int
    format: str
    caption: str
    confidence: float
    caption_vector: Floats
    picture_vector: Floats
    metadata: MetadataRow = field(default_factory=MetadataRow)
    thumbprint: bytes = b""


@dataclass(frozen=True)
class Vectors:
    """Embeddings of n photos: ids int64 `[n]`, both signals float32 `[n, 384]`."""

    ids: npt.NDArray[np.int64]
    caption: Floats
    picture: Floats


@dataclass(frozen=True)
class Placed:
    """Where rows of descriptions lie in a clustering: cells `[n]`, squared distances `[n]`, and the
    vectors `[n, d]` that are clustered."""

    clustering_id: int
    cells: npt.NDArray[np.int64]
    squared_distances: Floats
    vectors: Floats | None = None


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
                self._store(connection, rows, model_ids, described_by, placed)
            self._tie(connection, places)
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

    def vector_chunks(self, described_by: str) -> Iterator[Vectors]:
        """As `vectors`, all of them, some thousands at a time and of one state of the catalog."""
        query = _findable(described_by).order_by(photos.c.id).limit(_CHUNK)
        last = -1
        with self._engine.connect() as connection:
            while ids := connection.scalars(query.where(photos.c.id > last)).all():
                yield _load_vectors(connection, ids)
                last = ids[-1]

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
        query = _findable(described_by).with_only_columns(func.count())
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

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
        found: dict[int, tuple[Row[Any], list[str]]] = {}
        with self._engine.connect() as connection:
            query = _details(connection.dialect.name)
            for row in connection.execute(query, {"ids": bound_list(connection, ids)}):
                found.setdefault(row[0], (row, []))[1].append(row.uri)
        return {
            photo_id: PhotoDetail(
                id=photo_id,
                sha256=row.sha256,
                caption=row.text if row.correction is None else row.correction,
                corrected=row.correction is not None,
                confidence=row.confidence,
                uris=tuple(uris),
                width=row.width,
                height=row.height,
                taken_at=row.taken_at,
                camera=row.model or row.make,
                series=row.series,
            )
            for photo_id, (row, uris) in found.items()
        }

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

    def _store(
        self,
        connection: Connection,
        rows: Sequence[PhotoRow],
        model_ids: Mapping[str, int],
        described_by: str,
        placed: Placed | None,
    ) -> None:
        ids = self._replace_photos(connection, rows, described_by)
        self._describe(connection, ids, rows, model_ids)
        for photo_id, row in zip(ids, rows, strict=True):
            if row.metadata.keywords:
                store_keywords(connection, photo_id, row.metadata.keywords)
        store_thumbprints(
            connection, {one: row.thumbprint for one, row in zip(ids, rows, strict=True)}
        )
        if placed is not None:
            members = Members(
                np.array(ids, np.int64), placed.cells, placed.squared_distances, placed.vectors
            )
            place(connection, placed.clustering_id, members)

    def _replace_photos(
        self, connection: Connection, rows: Sequence[PhotoRow], described_by: str
    ) -> list[int]:
        """Ids of the photos, which have no description now, nor keywords."""
        common = {
            "described_by": described_by,
            "described_at": datetime.now(UTC).replace(tzinfo=None),
            "version": next_version(connection),
        }
        values = {
            row.sha256: {
                "sha256": row.sha256,
                "width": row.width,
                "height": row.height,
                "format": row.format,
                **columns(row.metadata),
                **common,
            }
            for row in rows
        }
        known = select(photos.c.sha256, photos.c.id).where(photos.c.sha256.in_(list(values)))
        ids = {row.sha256: int(row.id) for row in connection.execute(known)}
        if ids:
            change = update(photos).where(photos.c.sha256 == bindparam("of"))
            connection.execute(change, [{"of": sha256, **values[sha256]} for sha256 in ids])
            for table in (captions, embeddings, keywords):
                connection.execute(delete(table).where(table.c.photo_id.in_(list(ids.values()))))
        if new := [value for sha256, value in values.items() if sha256 not in ids]:
            added = insert(photos).returning(photos.c.sha256, photos.c.id)
            ids |= {row.sha256: int(row.id) for row in connection.execute(added, new)}
        return [ids[row.sha256] for row in rows]

    def _describe(
        self,
        connection: Connection,
        ids: Sequence[int],
        rows: Sequence[PhotoRow],
        model_ids: Mapping[str, int],
    ) -> None:
        told = list(zip(ids, rows, strict=True))
        connection.execute(
            insert(captions),
            [
                {
                    "photo_id": photo_id,
                    "model_id": model_ids["captioner"],
                    "text": row.caption,
                    "confidence": row.confidence,
                }
                for photo_id, row in told
            ],
        )
        signals = (("caption", "encoder"), ("picture", "projection"))
        connection.execute(
            insert(embeddings),
            [
                {
                    "photo_id": photo_id,
                    "signal": signal,
                    "model_id": model_ids[kind],
                    "vector": getattr(row, f"{signal}_vector").astype(STORED).tobytes(),
                }
                for photo_id, row in told
                for signal, kind in signals
            ],
        )

    def _tie(self, connection: Connection, places: Mapping[int, str]) -> None:
        """A file that shows what it showed before changes nothing that can be found."""
        hashes = select(photos.c.sha256, photos.c.id).where(
            photos.c.sha256.in_(set(places.values()))
        )
        ids = {row.sha256: row.id for row in connection.execute(hashes)}
        files_now = select(files.c.id, files.c.photo_id).where(files.c.id.in_(places))
        shown = {row.id: row.photo_id for row in connection.execute(files_now)}
        moved = {i: ids[h] for i, h in places.items() if shown.get(i) != ids[h]}
        if moved:
            self._move(connection, moved, [shown[i] for i in moved if shown.get(i) is not None])
        done = files.c.id.in_(places)
        connection.execute(update(files).where(done).values(changed=False))
        connection.execute(delete(failures).where(failures.c.file_id.in_(places)))

    def _move(
        self, connection: Connection, moved: Mapping[int, int], before: Sequence[int]
    ) -> None:
        """Files show other photos from now on; those of before may be found nowhere."""
        version = next_version(connection)
        touched = photos.c.id.in_({*moved.values(), *before})
        connection.execute(update(photos).where(touched).values(version=version))
        shows = update(files).where(files.c.id == bindparam("of"))
        connection.execute(
            shows.values(photo_id=bindparam("shown")),
            [{"of": file_id, "shown": photo_id} for file_id, photo_id in moved.items()],
        )


@cache
def _details(dialect: str) -> Select[Any]:
    """A row for each place of photos with the bound `ids`. Built once: every search asks it."""
    return (
        select(
            photos.c.id,
            photos.c.sha256,
            photos.c.width,
            photos.c.height,
            photos.c.taken_at,
            photos.c.make,
            photos.c.model,
            captions.c.text,
            captions.c.confidence,
            corrections.c.text.label("correction"),
            likenesses.c.series,
            files.c.uri,
        )
        .join(captions, captions.c.photo_id == photos.c.id)
        .join(files, files.c.photo_id == photos.c.id)
        .outerjoin(corrections, corrections.c.sha256 == photos.c.sha256)
        .outerjoin(likenesses, likenesses.c.photo_id == photos.c.id)
        .where(in_bound_list(dialect, photos.c.id, "ids"))
        .order_by(files.c.uri)
    )


def _findable(described_by: str) -> Select[int]:
    return select(photos.c.id).where(
        photos.c.described_by == described_by, exists().where(files.c.photo_id == photos.c.id)
    )


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
