"""What tells near-duplicates, and the series that they form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, Row, Select, delete, exists, func, select, update

from wordsight.catalog.dialects import among, insert_many, upsert, writing
from wordsight.catalog.memberships import STORED
from wordsight.catalog.photo_metadata import PhotoPlaces
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import embeddings, files, likenesses, photos

_CHUNK = 5000
_PLACES = 500
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class LikenessRows:
    """What tells near-duplicates, of n photos: `vectors` unit float32 `[n, d]`, `thumbprints` uint8
    `[n, side²]`, `taken` seconds or NaN, `cameras` numbers or 0, `compared` with those before."""

    ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    thumbprints: npt.NDArray[np.uint8]
    taken: npt.NDArray[np.float64]
    cameras: npt.NDArray[np.int64]
    compared: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


class Likenesses:
    """The table `likenesses`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def count_waiting(self, described_by: str) -> int:
        """How many photos are still to be compared."""
        return self._count(_rows(described_by).where(~likenesses.c.compared))

    @retried
    def count(self, described_by: str) -> int:
        """How many photos there are to compare, with those that have been."""
        return self._count(_rows(described_by))

    def waiting(self, described_by: str, most: int) -> LikenessRows | None:
        """Some of the photos that are still to be compared; None if none is."""
        query = _rows(described_by).where(~likenesses.c.compared)
        return self._load(query.order_by(photos.c.id).limit(most))

    def known(self, described_by: str, ids: Sequence[int]) -> Iterator[LikenessRows]:
        """All that have been compared, and those from the first to the last of some ids, some
        thousands at a time."""
        before = likenesses.c.compared | likenesses.c.photo_id.between(ids[0], ids[-1])
        return self._by_chunks(_rows(described_by).where(before))

    def all(self, described_by: str) -> Iterator[LikenessRows]:
        """All there are to compare, by ascending ids, some thousands at a time."""
        return self._by_chunks(_rows(described_by))

    def _by_chunks(self, rows_wanted: Select[Any]) -> Iterator[LikenessRows]:
        query = rows_wanted.order_by(photos.c.id).limit(_CHUNK)
        last = -1
        while (rows := self._load(query.where(photos.c.id > last))) is not None:
            yield rows
            last = int(rows.ids[-1])

    @retried
    def record(self, compared: Sequence[int], groups: Sequence[Sequence[int]]) -> None:
        """Photos have been compared; those of a group are near-duplicates of each other."""
        with writing(self._engine) as connection:
            for group in groups:
                _join(connection, group)
            done = among(connection, likenesses.c.photo_id, compared)
            connection.execute(update(likenesses).where(done).values(compared=True))

    @retried
    def count_unknown(self) -> int:
        """How many findable photos have no thumbprint yet."""
        return self._count(_unknown())

    def unknown(self) -> Iterator[list[PhotoPlaces]]:
        """Findable photos without a thumbprint, some at a time."""
        last = -1
        while True:
            with self._engine.connect() as connection:
                query = _unknown().where(photos.c.id > last).order_by(photos.c.id)
                ids = connection.scalars(query.limit(_PLACES)).all()
                if not ids:
                    return
                places = select(files.c.photo_id, files.c.uri).order_by(files.c.uri)
                uris: dict[int, list[str]] = {photo_id: [] for photo_id in ids}
                chosen = among(connection, files.c.photo_id, ids)
                for row in connection.execute(places.where(chosen)):
                    uris[row.photo_id].append(row.uri)
            yield [PhotoPlaces(photo_id, tuple(found)) for photo_id, found in uris.items()]
            last = ids[-1]

    @retried
    def add(self, thumbprints: Mapping[int, bytes]) -> None:
        """Store what was missing, by photo; nothing for one that cannot be read."""
        with writing(self._engine) as connection:
            rows = [
                {"photo_id": photo_id, "thumbprint": thumbprint, "compared": not thumbprint}
                for photo_id, thumbprint in thumbprints.items()
            ]
            if rows:
                connection.execute(upsert(connection, likenesses).on_conflict_do_nothing(), rows)

    @retried
    def sizes(self, series: Sequence[int]) -> dict[int, int]:
        """How many photos that still lie somewhere are in each of some series."""
        query = (
            select(likenesses.c.series, func.count())
            .where(likenesses.c.series.in_(series), _lies_somewhere(likenesses.c.photo_id))
            .group_by(likenesses.c.series)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    @retried
    def series(self, most: int, after: int = -1) -> dict[int, list[int]]:
        """Photos of series of at least two that still lie somewhere, by the series' number."""
        large = (
            select(likenesses.c.series)
            .where(likenesses.c.series > after, _lies_somewhere(likenesses.c.photo_id))
            .group_by(likenesses.c.series)
            .having(func.count() > 1)
            .order_by(likenesses.c.series)
            .limit(most)
        )
        query = (
            select(likenesses.c.series, likenesses.c.photo_id)
            .where(likenesses.c.series.in_(large), _lies_somewhere(likenesses.c.photo_id))
            .order_by(likenesses.c.series, likenesses.c.photo_id)
        )
        found: dict[int, list[int]] = {}
        with self._engine.connect() as connection:
            for number, photo_id in connection.execute(query):
                found.setdefault(number, []).append(photo_id)
        return found

    @retried
    def of_series(self, number: int) -> list[int]:
        """The photos of a series that still lie somewhere."""
        query = select(likenesses.c.photo_id).where(
            likenesses.c.series == number, _lies_somewhere(likenesses.c.photo_id)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(likenesses.c.photo_id)))

    def _count(self, query: Select[Any]) -> int:
        with self._engine.connect() as connection:
            counted = query.with_only_columns(func.count(), maintain_column_froms=True)
            return int(connection.execute(counted).scalar_one())

    @retried
    def _load(self, query: Select[Any]) -> LikenessRows | None:
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return _arrays(rows) if rows else None


def store_thumbprints(connection: Connection, thumbprints: Mapping[int, bytes]) -> None:
    """Replace those of photos, which have still to be compared; of some there may be none."""
    these = among(connection, likenesses.c.photo_id, list(thumbprints))
    connection.execute(delete(likenesses).where(these))
    insert_many(
        connection,
        likenesses,
        (
            {"photo_id": photo_id, "thumbprint": thumbprint, "compared": False}
            for photo_id, thumbprint in thumbprints.items()
            if thumbprint
        ),
    )


def _join(connection: Connection, group: Sequence[int]) -> None:
    """Make one series of photos and of all the series that they are in."""
    members = among(connection, likenesses.c.photo_id, group)
    query = select(likenesses.c.series).where(members, likenesses.c.series.is_not(None))
    joined = list(connection.scalars(query.distinct()))
    number = min([*group, *joined])
    whole = members | likenesses.c.series.in_(joined)
    connection.execute(update(likenesses).where(whole).values(series=number))


def _rows(described_by: str) -> Select[Any]:
    return (
        select(
            photos.c.id,
            embeddings.c.vector,
            likenesses.c.thumbprint,
            likenesses.c.compared,
            photos.c.taken_at,
            photos.c.make,
            photos.c.model,
        )
        .join(likenesses, likenesses.c.photo_id == photos.c.id)
        .join(embeddings, embeddings.c.photo_id == photos.c.id)
        .where(
            embeddings.c.signal == "picture",
            photos.c.described_by == described_by,
            likenesses.c.thumbprint != b"",
        )
    )


def _arrays(rows: Sequence[Row[Any]]) -> LikenessRows:
    vectors = np.frombuffer(b"".join(row.vector for row in rows), STORED).astype(np.float32)
    thumbprints = np.frombuffer(b"".join(row.thumbprint for row in rows), np.uint8)
    return LikenessRows(
        np.array([row.id for row in rows], np.int64),
        vectors.reshape(len(rows), -1),
        thumbprints.reshape(len(rows), -1),
        np.array([_seconds(row.taken_at) for row in rows], np.float64),
        np.array([_number_of(f"{row.make or ''} {row.model or ''}".strip()) for row in rows]),
        np.array([row.compared for row in rows], np.bool_),
    )


@lru_cache(1024)
def _number_of(camera: str) -> int:
    """The same for the same name; 0 for none."""
    hashed = blake2b(camera.encode(), digest_size=8).digest()
    return int.from_bytes(hashed, signed=True) if camera else 0


def _seconds(taken_at: datetime | None) -> float:
    return np.nan if taken_at is None else (taken_at - _EPOCH).total_seconds()


def _unknown() -> Select[Any]:
    return select(photos.c.id).where(
        ~exists().where(likenesses.c.photo_id == photos.c.id), _lies_somewhere(photos.c.id)
    )


def _lies_somewhere(photo_id: Any) -> Any:
    return exists().where(files.c.photo_id == photo_id)
