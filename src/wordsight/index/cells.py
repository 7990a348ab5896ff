"""Inverted cells: PCA, centroids and the vectors of each cell, as one FAISS file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.index.clustering import Clustering

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


class Cells:
    """Inverted cells, memory-mapped from a file that `write_cells` made."""

    def __init__(self, path: Path) -> None:
        import faiss

        self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self._lists: Any = faiss.extract_index_ivf(self._index)

    def search(self, queries: Floats, count: int, nprobe: int, excluded: Ids | None = None) -> Ids:
        """Rows of the nearest vectors in the probed cells, int64 `[q, count]`, -1 for none."""
        import faiss

        inner = faiss.SearchParametersIVF()
        inner.nprobe = nprobe
        if excluded is not None and len(excluded):
            # FAISS keeps a bare pointer: the variable is what keeps the selector alive.
            others = faiss.IDSelectorNot(faiss.IDSelectorBatch(excluded))
            inner.sel = others
        params = faiss.SearchParametersPreTransform()
        params.index_params = inner
        rows: Ids = self._index.search(queries, count, params=params)[1]
        return rows

    def compared(self, queries: Floats, nprobe: int) -> npt.NDArray[np.float64]:
        """The share of all vectors that lies in the probed cells of each query `[q]`."""
        cells = self.probed(queries, nprobe)
        sizes = np.array([self._lists.get_list_size(i) for i in range(self._lists.nlist)])
        share: npt.NDArray[np.float64] = sizes[cells].sum(1) / max(1, self._index.ntotal)
        return share

    def probed(self, queries: Floats, nprobe: int) -> Ids:
        """The cells that each query looks into, nearest first, int64 `[q, nprobe]`."""
        reduced = self._index.chain.at(0).apply(queries)
        cells: Ids = self._lists.quantizer.search(reduced, nprobe)[1]
        return cells


def write_cells(path: Path, fused: Floats, clustering: Clustering) -> None:
    """Write inverted lists of the reduced vectors, under our PCA and centroids.

    A query is only rotated, not centred: that shifts all its scores alike.
    """
    import faiss
    from faiss.contrib.ivf_tools import add_preassigned

    dimension, rank = clustering.components.shape[1], clustering.components.shape[0]
    quantizer = faiss.IndexFlatIP(rank)
    quantizer.add(clustering.centroids)
    lists = faiss.IndexIVFFlat(
        quantizer, rank, len(clustering.centroids), faiss.METRIC_INNER_PRODUCT
    )
    lists.is_trained = True
    cells = np.ascontiguousarray(clustering.cells)
    add_preassigned(lists, clustering.reduce(fused), cells)
    rotation = faiss.LinearTransform(dimension, rank, False)
    faiss.copy_array_to_vector(clustering.components.ravel(), rotation.A)
    rotation.is_trained = True
    faiss.write_index(faiss.IndexPreTransform(rotation, lists), str(path))
