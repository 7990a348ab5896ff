"""Publishing snapshots as photos come and go, and clustering anew when it matters."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.clusters import Clusters, Fit
from wordsight.errors import LibraryError
from wordsight.index.build import EXACT_BELOW, SnapshotBuilder, SnapshotVectors, probe_queries
from wordsight.index.cell_making import CellMaker, LocalCellMaker
from wordsight.index.clustering import Clustering, Membership
from wordsight.index.drift import Shape, measure_shape, reason_to_refit
from wordsight.index.probing import RECALL_TARGET
from wordsight.index.snapshot import Manifest, Origin
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
MakeCells = Callable[[npt.NDArray[np.floating]], AbstractContextManager[CellMaker]]
"""Opens who makes the cells of vectors `[n, d]`."""

CHANGES_AT_THE_END = (1_000, 0.02)
CHANGES_UNDER_WAY = (10_000, 0.1)
"""So many changed photos, or such a share of all, are searched beside the snapshot before a new
one is built: at the end of a run, and while it is under way."""

REST_UNDER_WAY = 3.0
"""Times what a snapshot took passes before a run under way builds another: of its time they take a
quarter at most."""


def make_cells_here(vectors: npt.NDArray[np.floating]) -> AbstractContextManager[CellMaker]:
    """On this machine."""
    return nullcontext(LocalCellMaker(vectors))


@dataclass(frozen=True)
class _Unfinished:
    """A snapshot that lacks its cells, and who makes them; they are judged on `queries`."""

    builder: SnapshotBuilder
    origin: Origin
    queries: Floats | None
    maker: CellMaker

    def finish(
        self, clustering: Clustering, membership: Membership, clustering_id: int
    ) -> Manifest:
        return self.builder.finish(
            self.origin, clustering, membership, self.queries, clustering_id, self.maker
        )


class Publisher:
    """Keeps the snapshots of one library up to date. For the one writer only.

    Args:
        tell: is told how many of how many photos are in the snapshot that is being built.
        make_cells: who makes the cells.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: SnapshotStore,
        models: ModelSet,
        exact_below: int = EXACT_BELOW,
        tell: Callable[[int, int], None] = lambda _done, _total: None,
        make_cells: MakeCells = make_cells_here,
    ) -> None:
        self.clusters = Clusters(catalog, models)
        self._catalog = catalog
        self._descriptions = catalog.descriptions
        self._store = store
        self._models = models
        self._exact_below = exact_below
        self._tell = tell
        self._make_cells = make_cells
        self._current: Manifest | None = None
        self._looked = False
        self._rests_until = 0.0

    def publish_if_due(self, under_way: bool = False) -> None:
        """Publish a snapshot once enough has changed since the current one."""
        if not self._looked:
            self._store.tidy()
            self._current, self._looked = self._find_current(), True
        began = time.monotonic()
        if under_way and began < self._rests_until:
            return
        if self._is_due(self._current, under_way):
            self._catalog.patiently(self.publish)
            now = time.monotonic()
            self._rests_until = now + REST_UNDER_WAY * (now - began)

    def publish(self, fit: Fit | None = None) -> None:
        """Publish a snapshot of all there is.

        Args:
            fit: cluster anew, like this; None does so only if the present cells serve badly.
        """
        identity = self._models.identity
        catalog_id, version = self._descriptions.catalog_id(), self._descriptions.version()
        origin = Origin(catalog_id, identity, version)
        self._store.publish(lambda folder: self._build(folder, origin, fit))
        self._current, self._looked = self._find_current(), True
        if self._current is not None and self._has_active_cells(self._current):
            self.clusters.note_probing(self._current)
        self._catalog.refresh_statistics()

    def _is_due(self, current: Manifest | None, under_way: bool) -> bool:
        photos, version = (current.photos, current.origin.version) if current else (0, -1)
        if current and current.cells and not under_way and not self._has_active_cells(current):
            return True  # a run was killed between choosing a clustering and publishing it
        if current and self._descriptions.version() == version:
            return False
        if not under_way and photos < self._exact_below:
            return True
        number, share = CHANGES_UNDER_WAY if under_way else CHANGES_AT_THE_END
        return self._descriptions.count_changed(version) > max(number, share * photos)

    def _has_active_cells(self, manifest: Manifest) -> bool:
        active = self.clusters.active()
        return active is not None and active.id == manifest.clustering

    def _find_current(self) -> Manifest | None:
        """The current snapshot's manifest, if it is whole, and of this catalog and these models."""
        try:
            snapshot = self._store.open()
        except LibraryError:  # damaged: to be replaced
            return None
        if snapshot is None:
            return None
        origin = snapshot.manifest.origin
        mine = (self._descriptions.catalog_id(), self._models.identity)
        return snapshot.manifest if (origin.catalog, origin.models) == mine else None

    def _build(self, folder: Path, origin: Origin, fit: Fit | None) -> None:
        builder = self._collect(folder, origin.models)
        if not len(builder.ids):
            builder.finish(origin)
            return
        queries = None
        if builder.has_cells:
            queries = self._models.encode_queries(probe_queries())
        with self._make_cells(builder.fused) as maker:
            self._finish(_Unfinished(builder, origin, queries, maker), fit)

    def _finish(self, snapshot: _Unfinished, fit: Fit | None) -> None:
        judged = self._active_id()
        if fit is None and self._finish_with_present_cells(snapshot):
            return
        with self._catalog.refitting():
            others = fit is None and self._active_id() != judged  # which a run beside has fitted
            if others and self._finish_with_present_cells(snapshot):
                return
            self._finish_with_new_cells(snapshot, fit or self._fit_as_before())

    def _active_id(self) -> int | None:
        active = self.clusters.active()
        return None if active is None else active.id

    def _collect(self, folder: Path, identity: str) -> SnapshotBuilder:
        dimension = self._models.encoder.dimension
        done = 0
        with self._descriptions.all_vectors(identity) as (photos, chunks):
            builder = SnapshotBuilder(folder, photos, dimension, self._exact_below)
            for chunk in chunks:
                vectors = self._models.place(chunk.caption, chunk.picture)
                builder.add(SnapshotVectors(chunk.ids, *vectors))
                done += len(chunk.ids)
                self._tell(done, photos)
        return builder

    def _finish_with_present_cells(self, snapshot: _Unfinished) -> bool:
        """False, and nothing lasting done, if there are none or they serve badly."""
        active = self.clusters.active()
        if active is None:
            return False
        membership = snapshot.maker.assign(active.clustering)
        shape = _shape(membership, active.clustering)
        if reason_to_refit(active.shape, shape):
            return False
        manifest = snapshot.finish(active.clustering, membership, active.id)
        if manifest.curve is None:
            return True
        shape = _shape(membership, active.clustering, manifest)
        return reason_to_refit(active.shape, shape, RECALL_TARGET) is None

    def _finish_with_new_cells(self, snapshot: _Unfinished, fit: Fit) -> None:
        clustering = snapshot.maker.fit(snapshot.queries, fit.seed, fit.cells)
        membership = snapshot.maker.assign(clustering)
        built = snapshot.builder
        active = self.clusters.add(clustering, fit, np.array(built.ids), membership, built.fused)
        manifest = snapshot.finish(clustering, membership, active.id)
        self.clusters.note(active, _shape(membership, clustering, manifest), manifest)

    def _fit_as_before(self) -> Fit:
        active = self.clusters.active()
        return Fit() if active is None else replace(active.fit, automatic=True)


def _shape(
    membership: Membership, clustering: Clustering, manifest: Manifest | None = None
) -> Shape:
    compared = recall = 1.0
    if manifest is not None and manifest.curve is not None:
        compared, recall = manifest.curve.chosen.compared, manifest.curve.chosen.recall
    return measure_shape(
        membership.cells,
        membership.squared_distances,
        len(clustering.centroids),
        compared,
        recall,
    )
