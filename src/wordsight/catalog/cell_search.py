"""Comparing vectors inside the database, in some cells or in all. For PostgreSQL only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import ARRAY, ColumnElement, Engine, Float, Integer, any_, cast, func, select

from wordsight.catalog.filters import Conditions, matching
from wordsight.catalog.memberships import STORED
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import clusterings, memberships, photos
from wordsight.catalog.vectors import HalfVectors

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SearchedClustering:
    """The clustering that is searched, and what was measured of it."""

    id: int
    quality: dict[str, float]


@dataclass(frozen=True)
class CellSizes:
    """Of k cells: how many photos are in each, and their mean squared distances, `[k]`."""

    sizes: Ids
    mean_squares: Floats


@dataclass(frozen=True)
class Nearest:
    """Photos that SQL found, the nearest first: ids `[n]`, cosines `[n]`, vectors `[n, d]`."""

    ids: Ids
    cosines: Floats
    vectors: Floats

    def joined(self, others: Nearest, count: int) -> Nearest:
        """The nearest of both."""
        cosines = np.concatenate([self.cosines, others.cosines])
        best = np.argsort(-cosines, kind="stable")[:count]
        ids = np.concatenate([self.ids, others.ids])
        vectors = np.concatenate([self.vectors, others.vectors])
        return Nearest(ids[best], cosines[best], vectors[best])


class CellSearch:
    """The vectors in `memberships`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def active(self, models: str) -> SearchedClustering | None:
        """The active clustering, if it is of vectors of these models."""
        query = select(clusterings.c.id, clusterings.c.quality).where(
            clusterings.c.active, clusterings.c.models == models
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else SearchedClustering(row.id, json.loads(row.quality))

    @retried
    def without_vector(self, clustering_id: int, most: int) -> list[int]:
        """The first photos that are in cells without their vectors, by id."""
        query = select(memberships.c.photo_id).where(
            memberships.c.clustering_id == clustering_id, memberships.c.vector.is_(None)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(memberships.c.photo_id).limit(most)))

    @retried
    def sizes(self, clustering_id: int, cells: int) -> CellSizes:
        """Of all cells of a clustering, which are so many."""
        query = (
            select(
                memberships.c.cell,
                func.count().label("size"),
                func.avg(memberships.c.squared_distance).label("square"),
            )
            .where(memberships.c.clustering_id == clustering_id)
            .group_by(memberships.c.cell)
        )
        told = CellSizes(np.zeros(cells, np.int64), np.zeros(cells, np.float32))
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                told.sizes[row.cell], told.mean_squares[row.cell] = row.size, row.square
        return told

    @retried
    def nearest(
        self,
        clustering_id: int,
        query: Floats,
        count: int,
        cells: Sequence[int] | None = None,
        conditions: Conditions = (),
    ) -> Nearest:
        """The photos nearest to a query `[d]` that meet conditions; in all cells for None.

        Vectors are kept as float16: cosines are right to about 0.0002.
        """
        distance = _negative_product(query).label("distance")
        chosen = memberships.c.clustering_id == clustering_id
        if cells is not None:
            chosen &= memberships.c.cell == any_(cast(cells, ARRAY(Integer)))
        if conditions:
            met = select(photos.c.id).where(matching(conditions, "postgresql"))
            chosen &= memberships.c.photo_id.in_(met)
        wanted = select(memberships.c.photo_id, distance, memberships.c.vector).where(chosen)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(distance).limit(count)).all()
        vectors = np.frombuffer(b"".join(row.vector for row in rows), STORED)
        return Nearest(
            np.array([row.photo_id for row in rows], np.int64),
            -np.array([row.distance for row in rows], np.float32),
            vectors.reshape(len(rows), len(query)).astype(np.float32),
        )


def _negative_product(query: Floats) -> ColumnElement[float]:
    """pgvector's `<#>`: of unit vectors, the smaller the nearer."""
    stored = cast(query.astype(STORED).tobytes(), HalfVectors())
    return memberships.c.vector.op("<#>", return_type=Float())(stored)
