"""A library's clusterings as a person sees them: to look into, to choose, to fit anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wordsight.catalog import Catalog
from wordsight.catalog.clustering_rows import ClusteringHead
from wordsight.catalog.descriptions import PhotoDetail
from wordsight.cell_contents import Cell, CellContent, content_of, largest_cells
from wordsight.cluster_map import Map, draw_map, typical
from wordsight.errors import LibraryError
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet

if TYPE_CHECKING:
    from wordsight.indexing import IndexingJob, Watch
    from wordsight.spark.cluster import Cluster

_NOTHING = "nothing is described by the models installed now; run `wordsight index FOLDER` first"


@dataclass(frozen=True)
class FittedClustering:
    """What fitting gave.

    `imbalance` is 1 where all cells are equally large (see `index.drift.Shape`). `recall` is
    that of the ten nearest against exact search when `compared`, a share of all embeddings, are
    compared; `recall_one_probe` when each query looks into one cell only. The three are None
    where the library is so small that searches compare everything.
    """

    clustering: int
    photos: int
    cells: int
    groups: int
    rank: int
    explained_variance: float
    imbalance: float
    recall: float | None
    compared: float | None
    recall_one_probe: float | None
    seconds: float


class LibraryClusterings:
    """The clusterings of one library. `Library.clusterings()` gives it.

    Args:
        only_writer: holds the library's lock, for what changes it.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: SnapshotStore,
        models: ModelSet,
        only_writer: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._models = models
        self._only_writer = only_writer

    def all(self) -> list[ClusteringHead]:
        """All that are stored, the newest last."""
        return self._catalog.clusterings.heads()

    def fit(
        self,
        cells: int | None = None,
        seed: int = 0,
        watch: Watch = lambda _: None,
        cluster: Cluster | None = None,
    ) -> FittedClustering:
        """Cluster all photos anew, make that clustering the active one, publish a snapshot.

        Args:
            cells: how many, about; None is what suits the number of photos.
            seed: of sampling and K-means: the same gives the same cells.
            watch: is told how many photos were read.
            cluster: makes the cells, in place of this machine (`docs/spark.md`).

        Raises:
            LibraryError: nothing is described yet, or another run is under way.
            SparkError: the cluster failed.
        """
        from wordsight.cell_makers import make_cells_on
        from wordsight.clusters import Fit

        with self._only_writer():
            self._require_photos()
            started = time.monotonic()
            job = self._job(watch)
            job.make_cells = make_cells_on(cluster)
            job.publisher.publish(Fit(cells, seed, automatic=False))
            return self._fitted(job, time.monotonic() - started)

    def activate(self, clustering_id: int, watch: Watch = lambda _: None) -> int:
        """Search by a stored clustering from now on, with all photos in it.

        Returns:
            The id of the active one: a new one where the library has changed so much since
            that clustering was fitted that cells were fitted anew.

        Raises:
            LibraryError: there is none with that id, it is of other models, nothing is
                described yet, or another run is under way.
        """
        with self._only_writer():
            self._require_photos()
            job = self._job(watch)
            job.publisher.clusters.activate(clustering_id)
            job.publisher.publish()
            active = job.publisher.clusters.active()
            assert active is not None
            return active.id

    def drop(self, clustering_id: int) -> None:
        """Remove a stored clustering; photos stay as they are.

        Raises:
            LibraryError: there is none with that id, or searches use it.
        """
        with self._only_writer():
            if self._head(clustering_id).active:
                raise LibraryError(
                    f"clustering {clustering_id} is the active one, which searches use; "
                    "activate another first"
                )
            self._catalog.clusterings.drop(clustering_id)

    def cells(self, clustering_id: int | None = None, most: int = 20) -> list[Cell]:
        """The largest cells of a clustering, the active one by default, the largest first.

        Raises:
            LibraryError: there is no such clustering.
        """
        return largest_cells(self._catalog, self._head(clustering_id), most)

    def cell(self, cell: int, clustering_id: int | None = None, most: int = 20) -> CellContent:
        """What is in a cell, up to `most` photos, at most 1,000.

        Raises:
            LibraryError: there is no such clustering, or no such cell in it.
        """
        return content_of(self._catalog, self._head(clustering_id), cell, most)

    def map(self) -> Map:
        """All groups of the active clustering: their names, sizes and positions.

        Raises:
            LibraryError: there is no clustering.
        """
        drawn = draw_map(self._catalog, self._models.identity)
        if drawn is None:
            raise LibraryError(_NOTHING)
        return drawn

    def photos(self, ids: Sequence[int]) -> list[PhotoDetail]:
        """Those of the photos that can still be found, in this order."""
        return typical(self._catalog, ids)

    def snapshot(self) -> Snapshot:
        """The current snapshot, whose vectors a comparison is made on.

        Raises:
            LibraryError: there is none yet, or it is damaged or of other models.
        """
        snapshot = self._store.open()
        identity = self._models.identity
        if snapshot is None or snapshot.manifest.origin.models != identity or not len(snapshot.ids):
            raise LibraryError(_NOTHING)
        return snapshot

    def _head(self, clustering_id: int | None) -> ClusteringHead:
        """Of the clustering with that id; of the active one for None."""
        for head in self.all():
            if head.id == clustering_id or (clustering_id is None and head.active):
                return head
        if clustering_id is None:
            raise LibraryError(_NOTHING)
        raise LibraryError(
            f"there is no clustering {clustering_id}; `wordsight cluster list` shows them"
        )

    def _require_photos(self) -> None:
        if not self._catalog.descriptions.count_findable(self._models.identity):
            raise LibraryError(_NOTHING)

    def _job(self, watch: Watch) -> IndexingJob:
        from wordsight.indexing import IndexingJob

        return IndexingJob(self._catalog, self._store, self._models, watch)

    def _fitted(self, job: IndexingJob, seconds: float) -> FittedClustering:
        active = job.publisher.clusters.active()
        assert active is not None
        curve = self.snapshot().manifest.curve
        reduction, groups = active.clustering.reduction, active.clustering.groups
        return FittedClustering(
            clustering=active.id,
            photos=active.shape.photos,
            cells=len(groups),
            groups=int(groups[-1]) + 1,
            rank=reduction.rank,
            explained_variance=reduction.explained_variance,
            imbalance=active.shape.imbalance,
            recall=curve.chosen.recall if curve else None,
            compared=curve.chosen.compared if curve else None,
            recall_one_probe=curve.points[0].recall if curve else None,
            seconds=seconds,
        )
