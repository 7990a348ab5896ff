"""Answering a query: encode it, look into the snapshot, add what changed since."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.descriptions import PhotoDetail
from wordsight.errors import LibraryError, QueryError
from wordsight.index.nearest import nearest, top
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

Signal = Literal["fused", "caption", "picture"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
MAX_RESULTS = 1000


@dataclass(frozen=True, kw_only=True)
class Hit(PhotoDetail):
    """A photo that a query found.

    `score` is the cosine of the query with the signal that was searched; `caption_score`
    and `picture_score` tell what each signal alone says.
    """

    score: float
    caption_score: float
    picture_score: float


@dataclass(frozen=True)
class _Table:
    """Vectors of n photos, to compare a query with: ids `[n]`, signals `[n, d]` each."""

    ids: Ids
    fused: Floats
    caption: Floats
    picture: Floats

    def without(self, ids: Ids) -> _Table:
        kept = np.isin(self.ids, ids, invert=True)
        if kept.all():
            return self
        return _Table(self.ids[kept], self.fused[kept], self.caption[kept], self.picture[kept])

    def joined(self, others: _Table) -> _Table:
        if not len(self.ids) or not len(others.ids):
            return self if len(self.ids) else others
        mine, theirs = vars(self), vars(others)
        return _Table(*(np.concatenate([mine[name], theirs[name]]) for name in mine))


@dataclass(frozen=True)
class _View:
    """What a search sees: the snapshot without what changed, and what changed.

    `folder` is the snapshot's, also where it does not fit and is left out.
    """

    version: int
    folder: Path | None
    snapshot: Snapshot | None
    changed_rows: Ids
    fresh: _Table


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
        _check(text, limit, signal)
        view = self._current_view()
        query = self.encode(text)
        found = _rank(view, query, limit, signal)
        details = self._catalog.descriptions.details([photo_id for photo_id, *_ in found])
        return [
            Hit(**vars(details[photo_id]), score=score, caption_score=said, picture_score=seen)
            for photo_id, score, said, seen in found
            if photo_id in details
        ]

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
        if snapshot is not None and not self._fits(snapshot):
            snapshot = None
        built_at = -1 if snapshot is None else snapshot.manifest.origin.version
        empty = _View(built_at, folder, snapshot, np.empty(0, np.int64), _empty_table())
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
            raise LibraryError(_nothing(others))
        return view

    def _fits(self, snapshot: Snapshot) -> bool:
        origin = snapshot.manifest.origin
        catalog_id = self._catalog.descriptions.catalog_id()
        return origin.models == self._models.identity and origin.catalog == catalog_id

    def _fresh(self, newer_than: int) -> _Table:
        rows = self._catalog.descriptions.vectors(self._models.identity, newer_than)
        if not len(rows.ids):
            return _empty_table()
        return _Table(rows.ids, *self._models.place(rows.caption, rows.picture))


def _rank(
    view: _View, query: Floats, limit: int, signal: Signal
) -> list[tuple[int, float, float, float]]:
    """`(photo id, score, caption score, picture score)`, the best first."""
    found = _from_table(view.fresh, query, limit, signal)
    snapshot = view.snapshot
    if snapshot is not None and len(snapshot.ids):
        if signal == "fused":
            rows, _ = nearest(snapshot, query, limit, view.changed_rows)
        else:
            scores = _cosines(getattr(snapshot, signal), query)
            scores[view.changed_rows] = -np.inf
            rows = top(scores, limit)
            rows = rows[np.isfinite(scores[rows])]
        found += _scored(snapshot, rows, query, signal)
    return sorted(found, key=lambda row: (-row[1], row[0]))[:limit]


def _from_table(
    table: _Table, query: Floats, limit: int, signal: Signal
) -> list[tuple[int, float, float, float]]:
    if not len(table.ids):
        return []
    rows = top(_cosines(getattr(table, signal), query), limit)
    return _scored(table, rows, query, signal)


def _scored(
    table: _Table | Snapshot, rows: Ids, query: Floats, signal: Signal
) -> list[tuple[int, float, float, float]]:
    scores = {name: _cosines(getattr(table, name)[rows], query).tolist() for name in SIGNALS}
    ids = table.ids[rows].tolist()
    return list(zip(ids, scores[signal], scores["caption"], scores["picture"], strict=True))


def _cosines(vectors: npt.NDArray[np.floating], query: Floats) -> Floats:
    return np.asarray(vectors, np.float32) @ query


def _nothing(described_by_others: int) -> str:
    if described_by_others:
        return (
            "this library was described by other models than the ones installed now; "
            "run `wordsight index` to describe its photos again"
        )
    return "nothing is indexed yet; run `wordsight index FOLDER` first"


def _empty_table() -> _Table:
    nothing = np.empty((0, 0), np.float32)
    return _Table(np.empty(0, np.int64), nothing, nothing, nothing)


def _check(text: str, limit: int, signal: str) -> None:
    if not text.strip():
        raise QueryError('the query is empty; describe a photo, as in "two dogs in snow"')
    if not 1 <= limit <= MAX_RESULTS:
        raise QueryError(f"the number of results must be from 1 to {MAX_RESULTS}, not {limit}")
    if signal not in SIGNALS:
        raise QueryError(f"there is no signal {signal!r}; choose from {', '.join(SIGNALS)}")
