"""Which photo belongs to which cell of a clustering."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, delete, select, update

from wordsight.catalog.dialects import among, can_search, insert_many
from wordsight.catalog.schema import centroids, clusterings, memberships

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_CHUNK = 5000
_COLUMNS = ("clustering_id", "photo_id", "cell", "squared_distance")
STORED = np.dtype("<f2")
"""Of vectors."""


@dataclass(frozen=True)
class Members:
    """Photos, their cells, and their squared distances to the centroids, `[n]` each.

    `vectors` `[n, d]` are what is clustered; they are kept where the database can be searched.
    """

    ids: Ids
    cells: Ids
    squared_distances: Floats
    vectors: npt.NDArray[np.floating] | None = None

    @classmethod
    def of_none(cls) -> Members:
        """No photos."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))

    def joined(self, others: Members) -> Members:
        """These, then the others."""
        return Members(
            np.concatenate([self.ids, others.ids]),
            np.concatenate([self.cells, others.cells]),
            np.concatenate([self.squared_distances, others.squared_distances]),
            _joined(self, others),
        )


def _joined(some: Members, others: Members) -> npt.NDArray[np.floating] | None:
    known = [members.vectors for members in (some, others) if len(members.ids)]
    parts = [vectors for vectors in known if vectors is not None]
    return np.concatenate(parts) if parts and len(parts) == len(known) else None


def is_active(connection: Connection, clustering_id: int) -> bool:
    """Whether new photos are to be put into the cells of that clustering."""
    chosen = select(clusterings.c.active).where(clusterings.c.id == clustering_id)
    return bool(connection.scalar(chosen))


def place(connection: Connection, clustering_id: int, members: Members) -> None:
    """Put photos into cells, out of those where they were, and keep the sizes right."""
    ids = members.ids.tolist()
    for start in range(0, len(ids), _CHUNK):
        _remove(connection, clustering_id, ids[start : start + _CHUNK])
    insert_many(connection, memberships, _rows(connection, clustering_id, members))
    _resize(connection, clustering_id, members.cells, 1)


def _rows(connection: Connection, clustering_id: int, members: Members) -> Iterator[dict[str, Any]]:
    """In the order of their cells, so that those of a cell lie side by side."""
    told = (members.ids.tolist(), members.cells.tolist(), members.squared_distances.tolist())
    if not len(told[0]) == len(told[1]) == len(told[2]):
        raise ValueError("each photo needs a cell and a distance")
    vectors = members.vectors if can_search(connection.engine) else None
    for i in np.argsort(members.cells, kind="stable").tolist():
        row = dict(zip(_COLUMNS, (clustering_id, *(column[i] for column in told)), strict=True))
        if vectors is not None:
            row["vector"] = vectors[i].astype(STORED).tobytes()
        yield row


def _remove(connection: Connection, clustering_id: int, ids: Sequence[int]) -> None:
    chosen = (memberships.c.clustering_id == clustering_id) & among(
        connection, memberships.c.photo_id, ids
    )
    left = connection.scalars(select(memberships.c.cell).where(chosen)).all()
    if left:
        connection.execute(delete(memberships).where(chosen))
        _resize(connection, clustering_id, np.array(left, np.int64), -1)


def _resize(connection: Connection, clustering_id: int, cells: Ids, by: int) -> None:
    changed, counts = np.unique(cells, return_counts=True)
    if len(changed):
        connection.execute(
            update(centroids)
            .where(centroids.c.clustering_id == clustering_id, centroids.c.cell == bindparam("at"))
            .values(size=centroids.c.size + bindparam("more")),
            [
                {"at": cell, "more": by * count}
                for cell, count in zip(changed.tolist(), counts.tolist(), strict=True)
            ],
        )


def members_of(rows: Sequence[Any]) -> Members:
    """Rows of photo_id, cell and squared_distance as arrays."""
    return Members(
        np.array([row.photo_id for row in rows], np.int64),
        np.array([row.cell for row in rows], np.int64),
        np.array([row.squared_distance for row in rows], np.float32),
    )
