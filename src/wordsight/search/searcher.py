"""Answering a query: encode it, look into the snapshot, add what changed since."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.descriptions import Vectors
from wordsight.errors import LibraryError
from wordsight.index.chunks import chunks
from wordsight.index.nearest import nearest, top
from wordsight.index.shares import picture_scores
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore
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
    with_scores,
)

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_SPARE = 50
"""So many more come into question by coarse vectors, and twice as many as are wanted."""


@dataclass(frozen=True)
class _View:
    """What a search sees: the snapshot without what changed, and what changed.

    `folder` is the snapshot's, also where it does not fit and is left out.
    """

    version: int
    folder: Path | None
    snapshot: Snapshot | None
    changed_rows: Ids
    fresh: VectorTable


class Searcher(PhotoSearcher):
    """Finds photos in a snapshot, and what changed since beside it.

    Snapshots and changes are noticed by themselves, at the next query.
    """

    def __init__(self, catalog: Catalog, store: SnapshotStore, models: ModelSet) -> None:
        super().__init__(catalog, models)
        self._store = store
        self._view: _View | None = None
        self._lock = threading.Lock()

    def ranked(
        self, query: Floats, limit: int, signal: Signal = "fused", among: Selection | None = None
    ) -> list[Found]:
        check(limit, signal)
        view, ids = self._current_view(), None if among is None else among.ids
        fresh = view.fresh if ids is None else view.fresh.only(ids)
        found = fresh.best(query, limit, signal)
        if view.snapshot is not None and len(view.snapshot.ids):
            rows = None if ids is None else _rows_of(view.snapshot, ids)
            found += self._held(view.snapshot, query, limit, signal, view.changed_rows, rows)
        return in_order(found, limit)

    def scored(self, ids: Sequence[int], query: Floats, signal: Signal = "fused") -> list[Found]:
        view, wanted = self._current_view(), np.unique(np.array(ids, np.int64))
        fresh = view.fresh.only(wanted)
        found = fresh.scored(np.arange(len(fresh.ids)), query, signal)
        if view.snapshot is not None:
            rows = np.setdiff1d(_rows_of(view.snapshot, wanted), view.changed_rows)
            found += _scored(view.snapshot, rows, query, signal)
        return found

    def require(self) -> None:
        self._current_view()

    def _current_view(self) -> _View:
        with self._lock:
            version = self._catalog.descriptions.version()
            folder = self._store.current()
            view = self._view
            if view is not None and view.folder == folder:
                view = view if view.version == version else self._look_again(view, version)
            else:
                view = self._look(self._store.open(), version)
            self._view = view
            return view

    def _look(self, snapshot: Snapshot | None, version: int) -> _View:
        """All of a snapshot, and what changed since it was built."""
        folder = None if snapshot is None else snapshot.folder
        if snapshot is not None and not self._fits(snapshot, version):
            snapshot = None
        built_at = -1 if snapshot is None else snapshot.manifest.origin.version
        empty = _View(built_at, folder, snapshot, np.empty(0, np.int64), VectorTable.empty())
        return self._look_again(empty, version)

    def _look_again(self, view: _View, version: int) -> _View:
        """What changed since a view was taken, added to it."""
        if version > view.version:
            changed = self._catalog.descriptions.changed_ids(view.version)
            newest = self._fresh(view.version)
            changed = np.union1d(changed, newest.ids)  # which was read later, and may know more
            fresh = view.fresh.without(changed).joined(newest)
            rows = view.changed_rows
            if view.snapshot is not None:
                rows = np.union1d(rows, np.flatnonzero(np.isin(view.snapshot.ids, changed)))
            view = _View(version, view.folder, view.snapshot, rows, fresh)
        if view.snapshot is None and not len(view.fresh.ids):
            raise LibraryError(nothing_found(self._catalog, self._models))
        return view

    def _fits(self, snapshot: Snapshot, version: int) -> bool:
        """Not to a catalog that was restored from a backup older than the snapshot."""
        origin = snapshot.manifest.origin
        if origin.version > version:
            return False
        catalog_id = self._catalog.descriptions.catalog_id()
        return origin.models == self._models.identity and origin.catalog == catalog_id

    def _held(
        self,
        snapshot: Snapshot,
        query: Floats,
        limit: int,
        signal: Signal,
        excluded: Ids,
        among: Ids | None,
    ) -> list[Found]:
        """The nearest of the snapshot's photos, of all or of some rows.

        By caption or picture alone its coarse vectors tell which come into question, and the
        catalog's which of those are the nearest.
        """
        if signal == "fused":
            best, _ = nearest(snapshot, query, limit, excluded, among=among)
            return _scored(snapshot, best, query, signal)
        scores = _scores_by_one(snapshot, query, signal)
        near = _best(scores, 2 * limit + _SPARE, excluded, among)
        ids = snapshot.ids[near].tolist()
        rows = self._catalog.descriptions.vectors_among(ids, self._models.identity)
        return self._table(rows).best(query, limit, signal)

    def _fresh(self, newer_than: int) -> VectorTable:
        rows = self._catalog.descriptions.vectors(self._models.identity, newer_than)
        return self._table(rows).compact()

    def _table(self, rows: Vectors) -> VectorTable:
        if not len(rows.ids):
            return VectorTable.empty()
        return VectorTable(rows.ids, *self._models.place(rows.caption, rows.picture))


def _best(scores: Floats, count: int, excluded: Ids, among: Ids | None) -> Ids:
    """Rows of the highest scores, of all or of some rows; overwrites those of excluded ones."""
    scores[excluded] = -np.inf
    if among is not None:
        chosen = np.full(len(scores), -np.inf, np.float32)
        chosen[among] = scores[among]
        scores = chosen
    rows = top(scores, count)
    return rows[np.isfinite(scores[rows])]


def _scores_by_one(snapshot: Snapshot, query: Floats, signal: Signal) -> Floats:
    """Of all photos by caption or picture alone, for which there are no cells."""
    captions = snapshot.caption_cosines(query)
    if signal == "caption":
        return captions
    fused = np.concatenate([part @ query for part in chunks(snapshot.fused)])
    return picture_scores(snapshot.shares, fused, captions)


def _scored(snapshot: Snapshot, rows: Ids, query: Floats, signal: Signal) -> list[Found]:
    """Some of the snapshot's photos with all their scores."""
    fused, caption = snapshot.cosines(query, rows), snapshot.caption_cosines(query, rows)
    picture = picture_scores(snapshot.shares[rows], fused, caption)
    scores: dict[Signal, Floats] = {"fused": fused, "caption": caption, "picture": picture}
    return with_scores(snapshot.ids[rows], scores, signal)


def _rows_of(snapshot: Snapshot, ids: Ids) -> Ids:
    """Where those of the photos that are in a snapshot are in it; both ascend."""
    places = np.searchsorted(snapshot.ids, ids)
    there = np.flatnonzero(places < len(snapshot.ids))
    present = np.asarray(snapshot.ids)[places[there]] == ids[there]
    rows: Ids = places[there[present]]
    return rows
