"""Which photo belongs to which cell of a clustering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from wordsight.catalog.schema import centroids, memberships

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_CHUNK = 5000


@dataclass(frozen=True)
class Members:
    """Photos, their cells, and their squared distances to the centroids, `[n]` each."""

    ids: Ids
    cells: Ids
    squared_distances: Floats

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
        )


def place(connection: Connection, clustering_id: int, members: Members) -> None:
    """Put photos into cells, out of those where they were, and keep the sizes right."""
    ids = members.ids.tolist()
    for start in range(0, len(ids), _CHUNK):
        _remove(connection, clustering_id, ids[start : start + _CHUNK])
    rows = zip(ids, members.cells.tolist(), members.squared_distances.tolist(), strict=True)
    if ids:
        connection.execute(
            insert(memberships),
            [
                {
                    "clustering_id": clustering_id,
                    "photo_id": photo_id,
                    "cell": cell,
                    "squared_distance": squared_distance,
                }
                for photo_id, cell, squared_distance in rows
            ],
        )
    _resize(connection, clustering_id, members.cells, 1)


def _remove(connection: Connection, clustering_id: int, ids: Sequence[int]) -> None:
    chosen = (memberships.c.clustering_id == clustering_id) & memberships.c.photo_id.in_(ids)
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
