"""The library's clusterings: between what the index fits and what the catalog keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.clustering_rows import ClusteringRow
from wordsight.catalog.memberships import Members
from wordsight.catalog.storing import PhotoRow, Placed
from wordsight.errors import LibraryError
from wordsight.index.clustering import Clustering, Membership, fit_clustering
from wordsight.index.drift import Shape, measure_shape
from wordsight.index.reduction import Reduction
from wordsight.index.snapshot import Manifest
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

METHOD = "pca+kmeans"
_CHUNK = 5000


@dataclass(frozen=True)
class Fit:
    """How a clustering is fitted: about so many `cells`, None for what suits the number of
    photos. An `automatic` one is replaced by the next."""

    cells: int | None = None
    seed: int = 0
    automatic: bool = True


@dataclass(frozen=True)
class ActiveClustering:
    """The clustering that new photos are put into, and its shape when it was fitted."""

    id: int
    clustering: Clustering
    fit: Fit
    shape: Shape


class Clusters:
    """The clusterings of one library. Whoever stores photos may place them; all else is for the one
    writer only."""

    def __init__(self, catalog: Catalog, models: ModelSet) -> None:
        self._catalog = catalog
        self._models = models
        self._active: ActiveClustering | None = None

    def active(self) -> ActiveClustering | None:
        """The active clustering, if it is of the present models."""
        if self._active is not None:
            now = self._catalog.cell_search.active(self._models.identity)
            if now is None or now.id != self._active.id:  # another run has fitted cells anew
                self._active = None
        if self._active is None:
            found = self._catalog.clusterings.active(self._models.identity)
            if found is not None:
                self._active = _from_row(*found)
        return self._active

    def place(self, rows: Sequence[PhotoRow]) -> Placed:
        """The cells of newly described photos, at least one.

        The first ones of a library get a clustering of their own: no photo is ever in no cell.
        """
        return self.place_vectors(
            np.stack([row.caption_vector for row in rows]),
            np.stack([row.picture_vector for row in rows]),
        )

    def place_vectors(self, caption: Floats, picture: Floats) -> Placed:
        """As `place`, by both embeddings `[n, d]`."""
        fused = self._fused(caption, picture)
        active = self.active() or self._first_of_all(fused)
        return Placed(active.id, *active.clustering.assign(fused), fused)

    def add(
        self,
        clustering: Clustering,
        fit: Fit,
        ids: Ids,
        membership: Membership,
        fused: npt.NDArray[np.floating] | None = None,
    ) -> ActiveClustering:
        """Store a new clustering, with the members given and all others, and make it active.

        `fused` are the members' vectors.
        """
        cells, distances = membership.cells, membership.squared_distances
        kept = fused if self._catalog.can_search else None
        shape = measure_shape(cells, distances, len(clustering.centroids))
        row = _to_row(clustering, fit, shape, self._models.identity)
        members = self._with_others(clustering, Members(ids, cells, distances, kept))
        clustering_id = self._catalog.clusterings.add(
            row, members, partial(self._members_of, clustering)
        )
        self._active = ActiveClustering(clustering_id, clustering, fit, shape)
        return self._active

    def activate(self, clustering_id: int) -> None:
        """Make a stored clustering the active one, with all photos in it.

        Raises:
            LibraryError: there is none with that id, or it is of other models.
        """
        row = self._catalog.clusterings.load(clustering_id)
        if row is None:
            raise LibraryError(
                f"there is no clustering {clustering_id}; `wordsight cluster list` shows them"
            )
        if row.models != self._models.identity:
            raise LibraryError(
                f"clustering {clustering_id} is of vectors of other models than the ones "
                "installed now; fit a new one with `wordsight cluster fit`"
            )
        active = _from_row(clustering_id, row)
        unplaced = self._catalog.clusterings.unplaced(clustering_id, self._models.identity)
        members = self._members_of(active.clustering, unplaced)
        self._catalog.clusterings.activate(
            clustering_id, members, row.models, partial(self._members_of, active.clustering)
        )
        self._active = active

    def add_vectors(self) -> None:
        """Put vectors that are missing in the active clustering beside its cells, where the
        database can be searched: those of a catalog that was copied from one where it cannot."""
        active = self.active()
        if active is None or not self._catalog.can_search:
            return
        search = self._catalog.cell_search
        while ids := search.without_vector(active.id, _CHUNK):
            self._catalog.clusterings.add_vectors(
                active.id, self._members_of(active.clustering, ids)
            )

    def note(self, fitted: ActiveClustering, shape: Shape, manifest: Manifest) -> None:
        """Keep what was measured when the first snapshot of a clustering was built."""
        self._active = ActiveClustering(fitted.id, fitted.clustering, fitted.fit, shape)
        self._catalog.clusterings.note_quality(fitted.id, _quality(shape, manifest))

    def note_probing(self, manifest: Manifest) -> None:
        """Keep which cells are to be probed, where the database can be searched."""
        active = self.active()
        if active is None or not self._catalog.can_search:
            return
        heads = self._catalog.clusterings.heads()
        known = next(head.quality for head in heads if head.id == active.id)
        quality = {k: v for k, v in known.items() if not k.startswith("probe_")}
        quality |= _probing(manifest)
        if quality != known:
            self._catalog.clusterings.note_quality(active.id, quality)

    def _first_of_all(self, fused: Floats) -> ActiveClustering:
        """Where many begin at once, one of them fits, and the others take what it has fitted."""
        with self._catalog.refitting():
            return self.active() or self._first(fused)

    def _first(self, fused: Floats) -> ActiveClustering:
        clustering = fit_clustering(fused)
        return self.add(clustering, Fit(), np.empty(0, np.int64), Membership.of_none())

    def _with_others(self, clustering: Clustering, members: Members) -> Members:
        """And those described photos that lie nowhere at present."""
        described = self._catalog.descriptions.described_ids(self._models.identity)
        others = np.setdiff1d(described, members.ids).tolist()
        return members.joined(self._members_of(clustering, others))

    def _members_of(self, clustering: Clustering, ids: Sequence[int]) -> Members:
        members = Members.of_none()
        for chunk in self._catalog.descriptions.vectors_of(ids):
            fused = self._fused(chunk.caption, chunk.picture)
            kept = fused if self._catalog.can_search else None
            members = members.joined(Members(chunk.ids, *clustering.assign(fused), kept))
        return members

    def _fused(self, caption: Floats, picture: Floats) -> Floats:
        return self._models.place(caption, picture)[0]


def _to_row(clustering: Clustering, fit: Fit, shape: Shape, models: str) -> ClusteringRow:
    reduction = clustering.reduction
    return ClusteringRow(
        models=models,
        method=METHOD,
        parameters={"cells": fit.cells, "seed": fit.seed},
        quality=asdict(shape),
        photos=shape.photos,
        automatic=fit.automatic,
        mean=reduction.mean,
        components=reduction.components,
        variances=reduction.variances,
        centroids=clustering.centroids,
        groups=clustering.groups,
    )


def _from_row(clustering_id: int, row: ClusteringRow) -> ActiveClustering:
    reduction = Reduction(row.mean, row.components, row.variances)
    clustering = Clustering(reduction, row.centroids, row.groups)
    cells, seed = row.parameters["cells"], row.parameters["seed"]
    assert cells is None or isinstance(cells, int)
    assert isinstance(seed, int)
    told: dict[str, Any] = {one.name: row.quality[one.name] for one in fields(Shape)}
    fit = Fit(cells, seed, row.automatic)
    return ActiveClustering(clustering_id, clustering, fit, Shape(**told))


def _quality(shape: Shape, manifest: Manifest) -> dict[str, float]:
    quality: dict[str, float] = asdict(shape)
    if manifest.curve is not None:
        quality["recall_all_cells"] = manifest.curve.all_cells
        quality["recall_one_probe"] = manifest.curve.points[0].recall
        quality["recall_photos_as_queries"] = manifest.curve.photos_as_queries
    return quality | _probing(manifest)


def _probing(manifest: Manifest) -> dict[str, float]:
    """Without a margin, so many of the highest ranked cells; nothing for all cells."""
    if manifest.probing is None:
        return {}
    first, margin = manifest.probing.first, manifest.probing.margin
    return {"probe_first": first} | ({} if margin is None else {"probe_margin": margin})
