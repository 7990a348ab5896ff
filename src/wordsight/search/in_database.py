"""Answering a query inside the database: no snapshot, no file of the library's is needed."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.cell_search import SearchedClustering
from wordsight.errors import LibraryError
from wordsight.index.nearest import with_room
from wordsight.index.ranking import Probing, Ranking, highest, with_spread
from wordsight.models.packaged import ModelSet
from wordsight.search.results import (
    Found,
    PhotoSearcher,
    Selection,
    Signal,
    VectorTable,
    check,
    in_order,
    nothing_found,
)

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_NOT_READY = (
    "this library is not ready to be searched in the database; run `wordsight index` once, or "
    "search a snapshot"
)
_LEAST_SPARE = 16
"""More candidates than results, or a quarter more: stored vectors are rounded to float16, and
some photos may be gone."""
_MORE = 4
"""So many times the candidates are taken where too many of them are of photos that are gone."""


@dataclass(frozen=True)
class _View:
    """The clustering that is searched, and the mean `[d]` of what was reduced.

    No probing means that all cells are looked into.
    """

    clustering: SearchedClustering
    ranking: Ranking
    sizes: Ids
    mean: Floats
    probing: Probing | None

    def worst_wanted(self, query: Floats, vectors: Floats, wanted: int) -> float:
        """The score of the worst result wanted among vectors `[n, d]`, as estimates count it:
        in the reduced space, which is what the margin was chosen for."""
        if len(vectors) < wanted:
            return -math.inf
        back = self.ranking.turned(query[None])[0] @ self.ranking.rotation
        return float(np.partition((vectors - self.mean) @ back, -wanted)[-wanted])


class DatabaseSearcher(PhotoSearcher):
    """Finds photos inside the database.

    What others describe, refit or forget is seen at the next query.
    """

    def __init__(self, catalog: Catalog, models: ModelSet) -> None:
        super().__init__(catalog, models)
        self._view: _View | None = None
        self._lock = threading.Lock()

    def ranked(
        self, query: Floats, limit: int, signal: Signal = "fused", among: Selection | None = None
    ) -> list[Found]:
        """By caption or picture alone, a query is compared with all photos, out of the database."""
        check(limit, signal)
        view = self._current_view()
        if signal == "fused":
            return self._nearest(view, query, limit, among)
        return self._best_of_all(query, limit, signal, among)

    def scored(self, ids: Sequence[int], query: Floats, signal: Signal = "fused") -> list[Found]:
        table = self._table(np.array(ids, np.int64))
        return table.scored(np.arange(len(table.ids)), query, signal)

    def require(self) -> None:
        self._current_view()

    def _nearest(
        self, view: _View, query: Floats, limit: int, among: Selection | None
    ) -> list[Found]:
        """Candidates by their stored vectors, compared again in full."""
        count = limit + max(_LEAST_SPARE, limit // 4)
        probing = view.probing
        while True:
            ids = self._candidates(view, query, limit, count, probing, among)
            table = self._table(ids)
            if len(table.ids) >= limit or (len(ids) < count and probing is None):
                return in_order(table.best(query, limit, "fused"), limit)
            if len(ids) < count:
                probing = None  # these cells hold no more
            else:
                count *= _MORE

    def _candidates(
        self,
        view: _View,
        query: Floats,
        limit: int,
        count: int,
        probing: Probing | None,
        among: Selection | None,
    ) -> Ids:
        conditions = () if among is None else among.conditions
        nearest = partial(self._catalog.cell_search.nearest, conditions=conditions)
        clustering_id = view.clustering.id
        if probing is None:
            return nearest(clustering_id, query, count).ids
        probing = with_room(probing, view.sizes, limit)
        estimates = view.ranking.estimates(view.ranking.turned(query[None]))
        first = highest(estimates, min(probing.first, estimates.shape[1]))[0]
        found = nearest(clustering_id, query, count, first.tolist())
        if probing.margin is None:
            return found.ids
        estimates[0, first] = -math.inf
        worst = view.worst_wanted(query, found.vectors, limit)
        second = np.flatnonzero(estimates[0] >= worst - probing.margin)
        if not len(second) or len(first) == estimates.shape[1]:
            return found.ids
        more = nearest(clustering_id, query, count, second.tolist())
        return found.joined(more, count).ids

    def _best_of_all(
        self, query: Floats, limit: int, signal: Signal, among: Selection | None
    ) -> list[Found]:
        found: list[Found] = []
        with self._catalog.descriptions.all_vectors(self._models.identity) as (_, chunks):
            for rows in chunks:
                table = VectorTable(rows.ids, *self._models.place(rows.caption, rows.picture))
                table = table if among is None else table.only(among.ids)
                found = in_order(found + table.best(query, limit, signal), limit)
        return found

    def _table(self, ids: Ids) -> VectorTable:
        """Those of the photos that can be found."""
        rows = self._catalog.descriptions.vectors_among(ids.tolist(), self._models.identity)
        if not len(rows.ids):
            return VectorTable.empty()
        return VectorTable(rows.ids, *self._models.place(rows.caption, rows.picture))

    def _current_view(self) -> _View:
        clustering = self._catalog.cell_search.active(self._models.identity)
        if clustering is None:
            raise LibraryError(self._why_nothing())
        with self._lock:
            if self._view is None or self._view.clustering != clustering:
                self._view = self._look(clustering)
            return self._view

    def _look(self, clustering: SearchedClustering) -> _View:
        row = self._catalog.clusterings.load(clustering.id)
        if row is None:  # replaced this moment
            raise LibraryError("the cells of this library have just been fitted anew; search again")
        if self._catalog.cell_search.without_vector(clustering.id, 1):
            raise LibraryError(_NOT_READY)
        told = self._catalog.cell_search.sizes(clustering.id, len(row.centroids))
        centroids = with_spread(row.centroids, told.sizes, told.mean_squares)
        ranking = Ranking(row.components, centroids)
        return _View(clustering, ranking, told.sizes, row.mean, _probing(clustering.quality))

    def _why_nothing(self) -> str:
        if self._catalog.descriptions.count_findable(self._models.identity):
            return _NOT_READY
        return nothing_found(self._catalog, self._models)


def _probing(quality: dict[str, float]) -> Probing | None:
    """What was chosen when a snapshot of this clustering was measured last."""
    first = quality.get("probe_first")
    return None if first is None else Probing(int(first), quality.get("probe_margin"))
