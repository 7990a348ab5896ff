"""What photos' files tell beside their pixels: when, where, with what, and how they are filed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from wordsight.catalog.dialects import writing
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import files, keywords, photos
from wordsight.catalog.texts import refresh

_CHUNK = 1000
_COLUMNS = (
    "taken_at",
    "utc_offset",
    "make",
    "model",
    "lens",
    "latitude",
    "longitude",
    "rating",
)


@dataclass(frozen=True)
class MetadataRow:
    """`read_by` is the version of what read it: None means never, so it is read again.

    `taken_at` is local time, `utc_offset` its minutes east of UTC, places are in degrees.
    `from_sidecar` is not stored: it makes a row count though the photo lies elsewhere too.
    """

    taken_at: datetime | None = None
    utc_offset: int | None = None
    make: str | None = None
    model: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    from_sidecar: bool = False
    read_by: int | None = None


@dataclass(frozen=True)
class PhotoPlaces:
    """A photo whose metadata is to be read, and where it lies."""

    id: int
    uris: tuple[str, ...]


class PhotoMetadata:
    """The metadata columns of `photos`, and `keywords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outdated(self, reader: int) -> Iterator[list[PhotoPlaces]]:
        """Findable photos whose metadata another reader read, or none, some at a time."""
        query = _outdated(reader).order_by(photos.c.id).limit(_CHUNK)
        last = -1
        while True:
            with self._engine.connect() as connection:
                ids = connection.scalars(query.where(photos.c.id > last)).all()
                places = select(files.c.photo_id, files.c.uri).where(files.c.photo_id.in_(ids))
                uris: dict[int, list[str]] = {photo_id: [] for photo_id in ids}
                for row in connection.execute(places.order_by(files.c.uri)):
                    uris[row.photo_id].append(row.uri)
            if not ids:
                return
            yield [PhotoPlaces(photo_id, tuple(found)) for photo_id, found in uris.items()]
            last = ids[-1]

    @retried
    def count_outdated(self, reader: int) -> int:
        """How many photos `outdated` would give."""
        query = _outdated(reader).with_only_columns(func.count())
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    @retried
    def record(self, rows: Mapping[int, MetadataRow]) -> None:
        """Store what was read, by photo id."""
        with writing(self._engine) as connection:
            for photo_id, row in rows.items():
                connection.execute(
                    update(photos).where(photos.c.id == photo_id).values(**columns(row))
                )
                store_keywords(connection, photo_id, row.keywords)
            refresh(connection, list(rows))

    @retried
    def see_again(self, rows: Mapping[str, MetadataRow]) -> None:
        """Store what a file read again tells of a photo described before, by content hash.

        What a sidecar elsewhere told of the same photo is kept: without a sidecar, a row counts
        only if the photo lies in one place, or was never read.
        """
        if not rows:
            return
        by_photo: dict[int, MetadataRow] = {}
        places = select(func.count()).where(files.c.photo_id == photos.c.id).scalar_subquery()
        query = select(photos.c.id, photos.c.sha256, photos.c.metadata_read_by, places.label("n"))
        with self._engine.connect() as connection:
            for known in connection.execute(query.where(photos.c.sha256.in_(rows))):
                row = rows[known.sha256]
                if row.from_sidecar or known.n <= 1 or known.metadata_read_by is None:
                    by_photo[known.id] = row
        if by_photo:
            self.record(by_photo)

    @retried
    def of(self, photo_id: int) -> MetadataRow | None:
        """All that is known of a photo; None if there is no such photo."""
        wanted = [photos.c[name] for name in _COLUMNS]
        query = select(*wanted, photos.c.metadata_read_by.label("read_by"))
        words = select(keywords.c.text).where(keywords.c.photo_id == photo_id)
        with self._engine.connect() as connection:
            row = connection.execute(query.where(photos.c.id == photo_id)).first()
            if row is None:
                return None
            found = connection.scalars(words).all()
        return MetadataRow(**row._asdict(), keywords=tuple(sorted(found, key=str.casefold)))


def columns(row: MetadataRow) -> dict[str, Any]:
    """Values of the metadata columns of `photos`."""
    return {name: getattr(row, name) for name in _COLUMNS} | {"metadata_read_by": row.read_by}


def store_keywords(connection: Connection, photo_id: int, words: Sequence[str]) -> None:
    """Replace a photo's keywords; `folded` is what filters compare with."""
    connection.execute(delete(keywords).where(keywords.c.photo_id == photo_id))
    folded = {word.casefold()[:100]: word for word in reversed(words)}
    if folded:
        connection.execute(
            insert(keywords),
            [{"photo_id": photo_id, "folded": key, "text": word} for key, word in folded.items()],
        )


def _outdated(reader: int) -> Any:
    return select(photos.c.id).where(
        photos.c.metadata_read_by.is_distinct_from(reader),
        select(files.c.id).where(files.c.photo_id == photos.c.id).exists(),
    )
