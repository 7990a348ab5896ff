"""Clusterings, their centroids, and which photo belongs to which cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine, delete, insert, select

from wordsight.catalog.schema import centroids, clusterings, memberships

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_STORED = np.dtype("<f4")


@dataclass(frozen=True)
class ClusteringRow:
    """A reduction and a clustering of all photos, as stored.

    `mean` `[d]` and `components` `[r, d]` reduce a vector; `centroids` `[k, r]` are the
    cells' centres in the reduced space; `cells[i]` is the cell of photo `ids[i]`.
    """

    method: str
    parameters: dict[str, object]
    explained_variance: float
    mean: Floats
    components: Floats
    centroids: Floats
    ids: Ids
    cells: Ids


@dataclass(frozen=True)
class CellRow:
    """A cell and the number of photos in it."""

    cell: int
    size: int


class Clusterings:
    """The `clusterings`, `centroids` and `memberships` tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def activate(self, row: ClusteringRow) -> int:
        """Store a clustering and make it the active one, in place of the one before."""
        sizes = np.bincount(row.cells, minlength=len(row.centroids))
        with self._engine.begin() as connection:
            connection.execute(delete(memberships))
            connection.execute(delete(centroids))
            connection.execute(delete(clusterings))
            added = insert(clusterings).values(
                method=row.method,
                parameters=json.dumps(row.parameters, sort_keys=True),
                photos=len(row.ids),
                explained_variance=row.explained_variance,
                mean=row.mean.astype(_STORED).tobytes(),
                components=row.components.astype(_STORED).tobytes(),
                active=True,
                created_at=datetime.now(UTC).replace(tzinfo=None),
            )
            row_id = connection.execute(added.returning(clusterings.c.id)).scalar_one()
            clustering_id = int(row_id)
            connection.execute(
                insert(centroids),
                [
                    {
                        "clustering_id": clustering_id,
                        "cell": cell,
                        "size": int(sizes[cell]),
                        "vector": vector.astype(_STORED).tobytes(),
                    }
                    for cell, vector in enumerate(row.centroids)
                ],
            )
            connection.execute(
                insert(memberships),
                [
                    {"clustering_id": clustering_id, "photo_id": photo_id, "cell": cell}
                    for photo_id, cell in zip(row.ids.tolist(), row.cells.tolist(), strict=True)
                ],
            )
        return clustering_id

    def active(self) -> ClusteringRow | None:
        """The active clustering with all its centroids and memberships."""
        with self._engine.connect() as connection:
            head = connection.execute(select(clusterings).where(clusterings.c.active)).one_or_none()
            if head is None:
                return None
            centre_rows = connection.scalars(
                select(centroids.c.vector)
                .where(centroids.c.clustering_id == head.id)
                .order_by(centroids.c.cell)
            ).all()
            members = connection.execute(
                select(memberships.c.photo_id, memberships.c.cell)
                .where(memberships.c.clustering_id == head.id)
                .order_by(memberships.c.photo_id)
            ).all()
        mean = np.frombuffer(head.mean, _STORED)
        return ClusteringRow(
            method=head.method,
            parameters=json.loads(head.parameters),
            explained_variance=head.explained_variance,
            mean=mean,
            components=np.frombuffer(head.components, _STORED).reshape(-1, len(mean)),
            centroids=np.stack([np.frombuffer(vector, _STORED) for vector in centre_rows]),
            ids=np.array([row.photo_id for row in members], np.int64),
            cells=np.array([row.cell for row in members], np.int64),
        )

    def cells(self) -> Sequence[CellRow]:
        """The active clustering's cells, largest first."""
        query = (
            select(centroids.c.cell, centroids.c.size)
            .join(clusterings)
            .where(clusterings.c.active)
            .order_by(centroids.c.size.desc(), centroids.c.cell)
        )
        with self._engine.connect() as connection:
            return [CellRow(*row) for row in connection.execute(query)]
