"""Answering a query: encode it, look into the snapshot, add what changed since."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.errors import LibraryError
from wordsight.index.nearest import nearest, top
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet
from wordsight.search.results import (
    Found,
    Hit,
    Signal,
    VectorTable,
    check,
    check_text,
    cosines,
    hits,
    in_order,
    nothing_found,
)

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


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


class Searcher:
    """Finds photos by sentences. Safe to share between threads.

    Snapshots and changes are noticed by themselves, at the next query.
    """

    def __init__(self, catalog: Catalog, store: SnapshotStore, models: ModelSet) -> None:
        self._catalog = catalog
        self._store = store
        self._models = models
        self._view: _View | None = None
        self._lock = threading.Lock()

    def search(self, text: str, limit: int = 20, signal: Signal = "fused") -> list[Hit]:
        """The photos that `text` describes best, the best first.

        Raises:
            QueryError: the text is empty, or limit or signal are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """
        check_text(text)
        check(limit, signal)
        self._current_view()  # tells before the encoder is loaded that there is nothing
        return self.nearest(self.encode(text), limit, signal)

    def nearest(self, query: Floats, limit: int = 20, signal: Signal = "fused") -> list[Hit]:
        """The photos nearest to a unit vector `[384]`, the nearest first.

        Raises:
            QueryError: limit or signal are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """
        check(limit, signal)
        found = _rank(self._current_view(), query, limit, signal)
        return hits(self._catalog.descriptions, found)

    def encode(self, text: str) -> Floats:
        """A sentence as it is compared with photos: unit float32 `[384]`."""
        vector: Floats = self._models.encode_queries([text])[0]
        return vector

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
            others = self._catalog.descriptions.count_described_by_others(self._models.identity)
            raise LibraryError(nothing_found(others))
        return view

    def _fits(self, snapshot: Snapshot, version: int) -> bool:
        """Not to a catalog that was restored from a backup older than the snapshot."""
        origin = snapshot.manifest.origin
        if origin.version > version:
            return False
        catalog_id = self._catalog.descriptions.catalog_id()
        return origin.models == self._models.identity and origin.catalog == catalog_id

    def _fresh(self, newer_than: int) -> VectorTable:
        rows = self._catalog.descriptions.vectors(self._models.identity, newer_than)
        if not len(rows.ids):
            return VectorTable.empty()
        return VectorTable(rows.ids, *self._models.place(rows.caption, rows.picture))


def _rank(view: _View, query: Floats, limit: int, signal: Signal) -> list[Found]:
    found = view.fresh.best(query, limit, signal)
    snapshot = view.snapshot
    if snapshot is not None and len(snapshot.ids):
        table = VectorTable(snapshot.ids, snapshot.fused, snapshot.caption, snapshot.picture)
        if signal == "fused":
            rows, _ = nearest(snapshot, query, limit, view.changed_rows)
        else:
            scores = cosines(getattr(snapshot, signal), query)
            scores[view.changed_rows] = -np.inf
            rows = top(scores, limit)
            rows = rows[np.isfinite(scores[rows])]
        found += table.scored(rows, query, signal)
    return in_order(found, limit)
