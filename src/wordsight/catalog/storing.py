"""Descriptions on their way into the catalog, within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, delete, select, update

from wordsight.catalog.database import next_version
from wordsight.catalog.dialects import among, insert_many
from wordsight.catalog.likenesses import store_thumbprints
from wordsight.catalog.memberships import STORED, Members, place
from wordsight.catalog.photo_metadata import MetadataRow, columns, store_keywords
from wordsight.catalog.schema import captions, embeddings, failures, files, keywords, photos

Floats = npt.NDArray[np.float32]


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
class Placed:
    """Where rows of descriptions lie in a clustering: cells `[n]`, squared distances `[n]`, and the
    vectors `[n, d]` that are clustered."""

    clustering_id: int
    cells: npt.NDArray[np.int64]
    squared_distances: Floats
    vectors: Floats | None = None


def store(
    connection: Connection,
    rows: Sequence[PhotoRow],
    model_ids: Mapping[str, int],
    described_by: str,
    placed: Placed | None,
) -> None:
    """Put descriptions in the place of those that there were of the same contents."""
    ids = _replace_photos(connection, rows, described_by)
    _describe(connection, ids, rows, model_ids)
    for photo_id, row in zip(ids, rows, strict=True):
        if row.metadata.keywords:
            store_keywords(connection, photo_id, row.metadata.keywords)
    store_thumbprints(connection, {one: row.thumbprint for one, row in zip(ids, rows, strict=True)})
    if placed is not None:
        members = Members(
            np.array(ids, np.int64), placed.cells, placed.squared_distances, placed.vectors
        )
        place(connection, placed.clustering_id, members)


def _replace_photos(
    connection: Connection, rows: Sequence[PhotoRow], described_by: str
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
    ids = _ids(connection, list(values))
    if ids:
        change = update(photos).where(photos.c.sha256 == bindparam("of"))
        connection.execute(change, [{"of": sha256, **values[sha256]} for sha256 in ids])
        for table in (captions, embeddings, keywords):
            its = among(connection, table.c.photo_id, list(ids.values()))
            connection.execute(delete(table).where(its))
    if new := [sha256 for sha256 in values if sha256 not in ids]:
        insert_many(connection, photos, (values[sha256] for sha256 in new))
        ids |= _ids(connection, new)
    return [ids[row.sha256] for row in rows]


def _ids(connection: Connection, sha256: Sequence[str]) -> dict[str, int]:
    """Of those of the contents that are in the catalog."""
    query = select(photos.c.sha256, photos.c.id)
    found = connection.execute(query.where(among(connection, photos.c.sha256, sha256)))
    return {row.sha256: int(row.id) for row in found}


def _describe(
    connection: Connection,
    ids: Sequence[int],
    rows: Sequence[PhotoRow],
    model_ids: Mapping[str, int],
) -> None:
    told = list(zip(ids, rows, strict=True))
    insert_many(
        connection,
        captions,
        (
            {
                "photo_id": photo_id,
                "model_id": model_ids["captioner"],
                "text": row.caption,
                "confidence": row.confidence,
            }
            for photo_id, row in told
        ),
    )
    signals = (("caption", "encoder"), ("picture", "projection"))
    insert_many(
        connection,
        embeddings,
        (
            {
                "photo_id": photo_id,
                "signal": signal,
                "model_id": model_ids[kind],
                "vector": getattr(row, f"{signal}_vector").astype(STORED).tobytes(),
            }
            for photo_id, row in told
            for signal, kind in signals
        ),
    )


def tie(connection: Connection, places: Mapping[int, str]) -> None:
    """A file that shows what it showed before changes nothing that can be found."""
    ids = _ids(connection, list(set(places.values())))
    these = among(connection, files.c.id, list(places))
    files_now = select(files.c.id, files.c.photo_id).where(these)
    shown = {row.id: row.photo_id for row in connection.execute(files_now)}
    moved = {i: ids[h] for i, h in places.items() if shown.get(i) != ids[h]}
    if moved:
        _move(connection, moved, [shown[i] for i in moved if shown.get(i) is not None])
    connection.execute(update(files).where(these).values(changed=False))
    connection.execute(delete(failures).where(among(connection, failures.c.file_id, list(places))))


def _move(connection: Connection, moved: Mapping[int, int], before: Sequence[int]) -> None:
    """Files show other photos from now on; those of before may be found nowhere."""
    version = next_version(connection)
    touched = among(connection, photos.c.id, list({*moved.values(), *before}))
    connection.execute(update(photos).where(touched).values(version=version))
    shows = update(files).where(files.c.id == bindparam("of"))
    connection.execute(
        shows.values(photo_id=bindparam("shown")),
        [{"of": file_id, "shown": photo_id} for file_id, photo_id in moved.items()],
    )
