"""A clustering as the database keeps it: a head, components and centroids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, insert, select

from wordsight.catalog.schema import centroids, clusterings, components

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_STORED = np.dtype("<f4")


@dataclass(frozen=True)
class ClusteringRow:
    """A reduction and a clustering, as stored.

    `mean` `[d]`, `components` `[r, d]` and `variances` `[r]` reduce a vector; `centroids`
    `[k, r]` are the cells' centres in the reduced space, `groups` `[k]` tells which belong
    together. `models` is the identity of the models whose vectors are clustered. An `automatic`
    one is replaced by the next. `photos` were there when it was fitted.
    """

    models: str
    method: str
    parameters: dict[str, object]
    quality: dict[str, float]
    photos: int
    automatic: bool
    mean: Floats
    components: Floats
    variances: Floats
    centroids: Floats
    groups: Ids


@dataclass(frozen=True)
class ClusteringHead:
    """A stored clustering without its vectors."""

    id: int
    models: str
    method: str
    parameters: dict[str, object]
    quality: dict[str, float]
    photos: int
    cells: int
    automatic: bool
    active: bool
    created_at: datetime


@dataclass(frozen=True)
class CellRow:
    """A cell, its group, and the number of photos in it."""

    cell: int
    group: int
    size: int


def insert_head(connection: Connection, row: ClusteringRow) -> int:
    """Store a head, not active; returns its id."""
    added = insert(clusterings).values(
        models=row.models,
        method=row.method,
        parameters=json.dumps(row.parameters, sort_keys=True),
        quality=json.dumps(row.quality, sort_keys=True),
        photos=row.photos,
        mean=row.mean.astype(_STORED).tobytes(),
        automatic=row.automatic,
        active=False,
        created_at=datetime.now(UTC).replace(tzinfo=None),
    )
    return int(connection.execute(added.returning(clusterings.c.id)).scalar_one())


def insert_vectors(connection: Connection, clustering_id: int, row: ClusteringRow) -> None:
    """Store components and centroids; sizes are zero until photos are placed."""
    axes = zip(row.components, row.variances.tolist(), strict=True)
    connection.execute(
        insert(components),
        [
            {
                "clustering_id": clustering_id,
                "component": i,
                "variance": variance,
                "vector": vector.astype(_STORED).tobytes(),
            }
            for i, (vector, variance) in enumerate(axes)
        ],
    )
    centres = zip(row.centroids, row.groups.tolist(), strict=True)
    connection.execute(
        insert(centroids),
        [
            {
                "clustering_id": clustering_id,
                "cell": cell,
                "cell_group": group,
                "size": 0,
                "vector": vector.astype(_STORED).tobytes(),
            }
            for cell, (vector, group) in enumerate(centres)
        ],
    )


def load_clustering(connection: Connection, clustering_id: int) -> ClusteringRow:
    """A clustering that is known to be there."""
    head = connection.execute(select(clusterings).where(clusterings.c.id == clustering_id)).one()
    axes = connection.execute(
        select(components.c.vector, components.c.variance)
        .where(components.c.clustering_id == clustering_id)
        .order_by(components.c.component)
    ).all()
    centres = connection.execute(
        select(centroids.c.vector, centroids.c.cell_group)
        .where(centroids.c.clustering_id == clustering_id)
        .order_by(centroids.c.cell)
    ).all()
    return ClusteringRow(
        models=head.models,
        method=head.method,
        parameters=json.loads(head.parameters),
        quality=json.loads(head.quality),
        photos=head.photos,
        automatic=head.automatic,
        mean=np.frombuffer(head.mean, _STORED),
        components=np.stack([np.frombuffer(row.vector, _STORED) for row in axes]),
        variances=np.array([row.variance for row in axes], np.float32),
        centroids=np.stack([np.frombuffer(row.vector, _STORED) for row in centres]),
        groups=np.array([row.cell_group for row in centres], np.int64),
    )


def head_of(row: Row[tuple[object, ...]]) -> ClusteringHead:
    """A row of `clusterings`, with the number of `cells`."""
    told = dict(row._mapping)
    del told["mean"]
    for name in ("parameters", "quality"):
        told[name] = json.loads(told[name])
    return ClusteringHead(**told)
