"""Inverted cells: the reduced vectors of each cell side by side, as 8-bit codes.

reduction.npy   float32 [r, d], turns a query into the reduced space
centroids.npy   float32 [k, r + 1], the last column is a cell's spread
sizes.npy       int64 [k], vectors in each cell
cells.faiss     FAISS inverted lists
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.index.ranking import Probing, Ranking, highest
from wordsight.index.read_ahead import ReadAhead

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

FILES = ("reduction.npy", "centroids.npy", "sizes.npy", "cells.faiss")
_QUERIES_AT_ONCE = 256
_BYTES_OF_AN_ID = 8


class Cells:
    """Inverted cells, memory-mapped from the files that `cell_lists.write_cells` made.

    Raises:
        EOFError, OSError, ValueError, RuntimeError: they are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        import faiss

        # As plain arrays: the subclass for mapped files costs time at each product.
        centroids = np.asarray(np.load(folder / "centroids.npy", mmap_mode="r"))
        self._ranking = Ranking(np.load(folder / "reduction.npy"), centroids)
        self.sizes: Ids = np.load(folder / "sizes.npy")
        lists: Any = faiss.read_index(str(folder / "cells.faiss"), faiss.IO_FLAG_MMAP_IFC)
        self._lists = lists
        if centroids.shape != (lists.nlist, lists.d + 1) or len(self) != lists.nlist:
            raise ValueError("centroids and cells do not belong together")
        self._bytes = self.sizes * (lists.code_size + _BYTES_OF_AN_ID)
        self._starts = np.cumsum(self._bytes) - self._bytes  # a cell's codes, its ids, the next
        self._ahead = self._read_ahead(lists)

    def __len__(self) -> int:
        return len(self.sizes)

    def _read_ahead(self, lists: Any) -> ReadAhead:
        filled = np.flatnonzero(self.sizes)
        if not len(filled):
            return ReadAhead(0, 0)
        first = int(lists.invlists.get_codes(int(filled[0])))  # empty ones are nowhere
        return ReadAhead(first, int(self._bytes.sum()))

    def search(
        self,
        queries: Floats,
        wanted: int,
        candidates: int,
        probing: Probing,
        excluded: Ids | None = None,
    ) -> tuple[Ids, Ids]:
        """The best candidates in the probed cells, to be compared in full dimension.

        Args:
            queries: float32 `[q, d]`.
            wanted: how many results are wanted of the candidates.
            candidates: how many rows to give, at least `wanted`.
            excluded: rows to leave out.

        Returns:
            Rows int64 `[q, candidates]`, -1 for none, and the number of vectors that were
            compared for each query, `[q]`.
        """
        starts = range(0, max(1, len(queries)), _QUERIES_AT_ONCE)
        parts = [
            self._search(queries[i : i + _QUERIES_AT_ONCE], wanted, candidates, probing, excluded)
            for i in starts
        ]
        rows, compared = zip(*parts, strict=True)
        return np.concatenate(rows), np.concatenate(compared)

    def estimates(self, queries: Floats) -> Floats:
        """What the best score in each cell may be, less what the mean gives, `[q, k]`."""
        return self._ranking.estimates(self._ranking.turned(queries))

    def best(self, queries: Floats, wanted: int, first: int) -> Floats:
        """The score of the worst result wanted that the first cells give, `[q]`."""
        reduced = self._ranking.turned(queries)
        probed = highest(self._ranking.estimates(reduced), first)
        return self._scan(reduced, probed, wanted, None)[0][:, -1]

    def _search(
        self, queries: Floats, wanted: int, candidates: int, probing: Probing, excluded: Ids | None
    ) -> tuple[Ids, Ids]:
        reduced = self._ranking.turned(queries)
        estimates = self._ranking.estimates(reduced)
        first = highest(estimates, min(probing.first, len(self)))
        scores, rows = self._scan(reduced, first, candidates, excluded)
        compared = self.sizes[first].sum(1)
        if probing.margin is None or first.shape[1] == len(self):
            return rows, compared
        each = np.arange(len(queries))[:, None]  # NumPy's *_along_axis take twice the time
        estimates[each, first] = -np.inf
        second = _padded(estimates >= (scores[:, wanted - 1] - probing.margin)[:, None])
        if not second.shape[1]:
            return rows, compared
        more_scores, more_rows = self._scan(reduced, second, candidates, excluded)
        compared += np.where(second < 0, 0, self.sizes[second]).sum(1)
        best = highest(np.concatenate([scores, more_scores], axis=1), candidates)
        return np.concatenate([rows, more_rows], axis=1)[each, best], compared

    def _scan(
        self, reduced: Floats, cells: Ids, count: int, excluded: Ids | None
    ) -> tuple[Floats, Ids]:
        """Scores and rows of the best `count` in the given cells (-1 for none) of each query.

        FAISS keeps bare pointers: the variables are what keeps its arguments alive. Its Python
        wrapper takes no parameters here, and would set the number of cells on the index, which
        threads share.
        """
        import faiss

        probed = cells[cells >= 0]
        self._ahead.expect(self._starts[probed], self._bytes[probed])
        cells, unused = np.ascontiguousarray(cells), np.zeros(cells.shape, np.float32)
        scores = np.empty((len(reduced), count), np.float32)
        rows = np.empty((len(reduced), count), np.int64)
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = cells.shape[1]
        if excluded is not None and len(excluded):
            hidden = _selector(excluded, int(self.sizes.sum()))
            others = faiss.IDSelectorNot(hidden)
            parameters.sel = others
        pointer = faiss.swig_ptr
        self._lists.search_preassigned_c(
            len(reduced),
            pointer(reduced),
            count,
            pointer(cells),
            pointer(unused),
            pointer(scores),
            pointer(rows),
            False,
            parameters,
        )
        return scores, rows


def _selector(rows: Ids, count: int) -> Any:
    """Of some of so many rows: by a bitmap where a set of them would be larger."""
    import faiss

    if len(rows) * 8 * _BYTES_OF_AN_ID < count:
        return faiss.IDSelectorBatch(rows)
    marked = np.zeros(count, np.bool_)
    marked[rows] = True
    bitmap: Any = faiss.IDSelectorBitmap  # its wrapper takes the array alone, and keeps it
    return bitmap(np.packbits(marked, bitorder="little"))


def _padded(chosen: npt.NDArray[np.bool_]) -> Ids:
    """Places of the true ones in each row, then -1."""
    if len(chosen) == 1:
        return np.flatnonzero(chosen)[None]
    counts = chosen.sum(1)
    rows, places = np.nonzero(chosen)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    padded = np.full((len(chosen), int(counts.max(initial=0))), -1, np.int64)
    padded[rows, within] = places
    return padded
