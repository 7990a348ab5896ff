"""Who makes the cells of a snapshot's vectors: this machine, or a cluster (`spark.cell_making`)."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wordsight.index.cell_lists import write_cells
from wordsight.index.chunks import chunks
from wordsight.index.clustering import Clustering, Membership, fit_clustering

Floats = npt.NDArray[np.float32]


class CellMaker(Protocol):
    """Makes the cells of some vectors."""

    def fit(
        self, queries: Floats | None = None, seed: int = 0, cells: int | None = None
    ) -> Clustering:
        """A clustering of the vectors, as `fit_clustering`."""
        ...

    def assign(self, clustering: Clustering) -> Membership:
        """Which of its cells the vectors belong to."""
        ...

    def write(self, folder: Path, clustering: Clustering, membership: Membership) -> None:
        """Write the cells' files. The membership is what `assign` told last."""
        ...


class LocalCellMaker:
    """On this machine.

    Args:
        vectors: `[n, d]`, of which some at a time are read.
    """

    def __init__(self, vectors: npt.NDArray[np.floating]) -> None:
        self._vectors = vectors

    def fit(
        self, queries: Floats | None = None, seed: int = 0, cells: int | None = None
    ) -> Clustering:
        return fit_clustering(self._vectors, queries, seed, cells)

    def assign(self, clustering: Clustering) -> Membership:
        assigned = [clustering.assign(part) for part in chunks(self._vectors)]
        if not assigned:
            return Membership.of_none()
        cells, distances = zip(*assigned, strict=True)
        return Membership(np.concatenate(cells), np.concatenate(distances))

    def write(self, folder: Path, clustering: Clustering, membership: Membership) -> None:
        write_cells(folder, clustering, chunks(self._vectors), membership)
