"""Building a snapshot from a library's vectors, some at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from wordsight.index.cell_making import CellMaker, LocalCellMaker
from wordsight.index.cells import Cells
from wordsight.index.clustering import Clustering, Membership
from wordsight.index.probing import measure_curve
from wordsight.index.shares import coded, shares_of
from wordsight.index.snapshot import Manifest, Origin, write_manifest

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

EXACT_BELOW = 10_000
"""Libraries smaller than this are compared in full: opening cells would cost more."""

HALVES_FROM = 50_000
"""From so many photos on, vectors are kept as float16, and those of captions as codes: there memory
counts more than the last digit of a score."""


@dataclass(frozen=True)
class SnapshotVectors:
    """What goes into a snapshot: unit float32 vectors `[n, d]` of n photos, ids ascending. The
    fused ones lie between the other two; pictures may be zero."""

    ids: Ids
    fused: Floats
    caption: Floats
    picture: Floats


class SnapshotBuilder:
    """Fills a folder: first `add` all photos, then `cluster` if wanted, then `finish`.

    Args:
        folder: an empty folder.
        photos: how many will be added.
        dimension: of their vectors.
        exact_below: number of photos under which search is exact.
    """

    def __init__(
        self, folder: Path, photos: int, dimension: int, exact_below: int = EXACT_BELOW
    ) -> None:
        self._folder = folder
        self.has_cells = photos >= max(1, exact_below)
        shape = (photos, dimension)
        many = photos >= HALVES_FROM
        fused, caption = (np.float16, np.int8) if many else (np.float32, np.float16)
        self.ids = open_memmap(folder / "ids.npy", "w+", np.int64, shape[:1])
        self.fused = open_memmap(folder / "fused.npy", "w+", fused, shape)
        self._caption = open_memmap(folder / "caption.npy", "w+", caption, shape)
        self._shares = open_memmap(folder / "shares.npy", "w+", np.float32, (photos, 3))
        self._done = 0

    def add(self, vectors: SnapshotVectors) -> None:
        """The next photos, by ascending id."""
        rows = slice(self._done, self._done + len(vectors.ids))
        self.ids[rows] = vectors.ids
        self.fused[rows] = vectors.fused
        self._caption[rows], self._shares[rows, 2] = (
            coded(vectors.caption) if self._caption.dtype == np.int8 else (vectors.caption, 1)
        )
        self._shares[rows, :2] = shares_of(vectors.fused, vectors.caption, vectors.picture)
        self._done = rows.stop

    def assign(self, clustering: Clustering) -> Membership:
        """Which cells the photos belong to."""
        return LocalCellMaker(self.fused).assign(clustering)

    def finish(
        self,
        origin: Origin,
        clustering: Clustering | None = None,
        membership: Membership | None = None,
        queries: Floats | None = None,
        clustering_id: int = 0,
        maker: CellMaker | None = None,
    ) -> Manifest:
        """Write cells where they pay, choose the probing on `queries`, write the manifest.

        Args:
            origin: read from the catalog before the vectors were.
            clustering, membership, queries: needed where `has_cells`; the queries are held out.
            clustering_id: the catalog's, of `clustering`.
            maker: of the cells, the one that told the membership; None is this machine.
        """
        for array in (self.ids, self.fused, self._caption, self._shares):
            array.flush()
        manifest = Manifest(origin, *self.fused.shape)
        if self.has_cells:
            assert clustering is not None
            assert membership is not None
            assert queries is not None
            maker = maker or LocalCellMaker(self.fused)
            maker.write(self._folder, clustering, membership)
            index = Cells(self._folder)
            curve = measure_curve(index, self.fused, queries, membership.cells)
            manifest = replace(manifest, cells=len(index), clustering=clustering_id, curve=curve)
        write_manifest(self._folder, manifest)
        return manifest


def probe_queries() -> list[str]:
    """Captions of other people's photos (MS COCO, CC BY 4.0), to choose probes on."""
    text = (files("wordsight.index") / "probe_queries.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
