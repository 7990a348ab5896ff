"""Clusterings, their centroids, and which photo belongs to which cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection, Engine, bindparam, delete, exists, func, select, update

from wordsight.catalog.clustering_rows import (
    CellRow,
    ClusteringHead,
    ClusteringRow,
    head_of,
    insert_head,
    insert_vectors,
    load_clustering,
)
from wordsight.catalog.dialects import among, writing
from wordsight.catalog.memberships import STORED, Members, members_of, place
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import (
    captions,
    centroids,
    clusterings,
    corrections,
    files,
    memberships,
    photos,
)

PlaceOthers = Callable[[Sequence[int]], Members]
"""Where photos with these ascending ids belong."""


class Clusterings:
    """The `clusterings`, `components`, `centroids` and `memberships` tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def add(
        self, row: ClusteringRow, members: Members, place_others: PlaceOthers | None = None
    ) -> int:
        """Store a clustering with its members and make it active, all or nothing.

        The one that was active is dropped if it was automatic. Returns the id.

        Args:
            place_others: where photos belong that were described since `members` were read.
        """
        with writing(self._engine) as connection:
            clustering_id = insert_head(connection, row)
            insert_vectors(connection, clustering_id, row)
            place(connection, clustering_id, members)
            _place_others(connection, clustering_id, row.models, place_others)
            _activate(connection, clustering_id)
        return clustering_id

    @retried
    def activate(
        self,
        clustering_id: int,
        members: Members,
        models: str = "",
        place_others: PlaceOthers | None = None,
    ) -> None:
        """Make a stored clustering the active one, with more members, all or nothing.

        Args:
            models: identity of those of its vectors.
            place_others: where photos belong that were described since `members` were read.
        """
        with writing(self._engine) as connection:
            place(connection, clustering_id, members)
            _place_others(connection, clustering_id, models, place_others)
            _activate(connection, clustering_id)

    @retried
    def drop(self, clustering_id: int) -> bool:
        """Remove one that is not active. False if there is no such one."""
        with writing(self._engine) as connection:
            chosen = (clusterings.c.id == clustering_id) & ~clusterings.c.active
            return connection.execute(delete(clusterings).where(chosen)).rowcount > 0

    @retried
    def heads(self) -> list[ClusteringHead]:
        """All stored clusterings, the newest last."""
        cells = (
            select(func.count())
            .where(centroids.c.clustering_id == clusterings.c.id)
            .scalar_subquery()
        )
        query = select(clusterings, cells.label("cells")).order_by(clusterings.c.id)
        with self._engine.connect() as connection:
            return [head_of(row) for row in connection.execute(query)]

    @retried
    def active(self, models: str) -> tuple[int, ClusteringRow] | None:
        """The active clustering and its id, if it is of vectors of these models."""
        chosen = select(clusterings.c.id).where(
            clusterings.c.active, clusterings.c.models == models
        )
        with self._engine.connect() as connection:
            found = connection.scalar(chosen)
            return None if found is None else (int(found), load_clustering(connection, int(found)))

    @retried
    def load(self, clustering_id: int) -> ClusteringRow | None:
        """A stored clustering; None if there is none with that id."""
        known = select(clusterings.c.id).where(clusterings.c.id == clustering_id)
        with self._engine.connect() as connection:
            if connection.scalar(known) is None:
                return None
            return load_clustering(connection, clustering_id)

    @retried
    def note_quality(self, clustering_id: int, quality: dict[str, float]) -> None:
        """Replace what was measured of a clustering."""
        changed = update(clusterings).where(clusterings.c.id == clustering_id)
        with writing(self._engine) as connection:
            connection.execute(changed.values(quality=json.dumps(quality, sort_keys=True)))

    @retried
    def add_vectors(self, clustering_id: int, members: Members) -> None:
        """Keep the vectors of photos that are in cells already."""
        assert members.vectors is not None
        ids = members.ids.tolist()
        with writing(self._engine) as connection:
            connection.execute(
                update(memberships)
                .where(memberships.c.clustering_id == clustering_id)
                .where(memberships.c.photo_id == bindparam("of"))
                .values(vector=bindparam("kept")),
                [
                    {"of": photo, "kept": vector.astype(STORED).tobytes()}
                    for photo, vector in zip(ids, members.vectors, strict=True)
                ],
            )

    @retried
    def cells(self, clustering_id: int | None = None) -> list[CellRow]:
        """The cells of a clustering, the active one by default, largest first."""
        chosen = (
            clusterings.c.active if clustering_id is None else clusterings.c.id == clustering_id
        )
        query = (
            select(centroids.c.cell, centroids.c.cell_group, centroids.c.size)
            .join(clusterings)
            .where(chosen)
            .order_by(centroids.c.size.desc(), centroids.c.cell)
        )
        with self._engine.connect() as connection:
            return [CellRow(*row) for row in connection.execute(query)]

    @retried
    def cells_of(self, photo_ids: Sequence[int]) -> dict[int, int]:
        """The cells of some photos in the active clustering."""
        query = (
            select(memberships.c.photo_id, memberships.c.cell)
            .join(clusterings)
            .where(clusterings.c.active)
        )
        with self._engine.connect() as connection:
            chosen = among(connection, memberships.c.photo_id, photo_ids)
            return {row.photo_id: row.cell for row in connection.execute(query.where(chosen))}

    @retried
    def members(self, clustering_id: int, cell: int | None = None) -> Members:
        """Findable photos of a clustering, or of one cell, the most typical first."""
        query = (
            select(memberships.c.photo_id, memberships.c.cell, memberships.c.squared_distance)
            .where(
                memberships.c.clustering_id == clustering_id,
                exists().where(files.c.photo_id == memberships.c.photo_id),
            )
            .order_by(memberships.c.squared_distance, memberships.c.photo_id)
        )
        if cell is not None:
            query = query.where(memberships.c.cell == cell)
        with self._engine.connect() as connection:
            return members_of(connection.execute(query).all())

    def captions(self, clustering_id: int) -> Iterator[tuple[int, str]]:
        """The cell and the caption of each findable photo of a clustering."""
        query = (
            select(
                memberships.c.cell,
                func.coalesce(corrections.c.text, captions.c.text).label("text"),
            )
            .join(photos, photos.c.id == memberships.c.photo_id)
            .join(captions, captions.c.photo_id == photos.c.id)
            .outerjoin(corrections, corrections.c.sha256 == photos.c.sha256)
            .where(
                memberships.c.clustering_id == clustering_id,
                exists().where(files.c.photo_id == memberships.c.photo_id),
            )
        )
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                yield row.cell, row.text

    @retried
    def unplaced(self, clustering_id: int, models: str) -> list[int]:
        """Described photos, findable or not, that are in no cell of a clustering."""
        with self._engine.connect() as connection:
            return _unplaced(connection, clustering_id, models)


def _unplaced(connection: Connection, clustering_id: int, models: str) -> list[int]:
    placed = exists().where(
        memberships.c.photo_id == photos.c.id, memberships.c.clustering_id == clustering_id
    )
    query = select(photos.c.id).where(photos.c.described_by == models, ~placed)
    return list(connection.scalars(query.order_by(photos.c.id)))


def _place_others(
    connection: Connection, clustering_id: int, models: str, where: PlaceOthers | None
) -> None:
    """Nobody can describe more until the transaction ends, so there are no others after these."""
    left = [] if where is None else _unplaced(connection, clustering_id, models)
    if where is not None and left:
        place(connection, clustering_id, where(left))


def _activate(connection: Connection, clustering_id: int) -> None:
    others = clusterings.c.active & (clusterings.c.id != clustering_id)
    connection.execute(delete(clusterings).where(others, clusterings.c.automatic))
    connection.execute(update(clusterings).where(others).values(active=False))
    chosen = clusterings.c.id == clustering_id
    connection.execute(update(clusterings).where(chosen).values(active=True))
