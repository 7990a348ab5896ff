"""Inverted cells: the reduced vectors of each cell side by side, as 8-bit codes.

    reduction.npy   float32 [r, d], turns a query into the reduced space
    centroids.npy   float32 [k, r + 1], the last column is a cell's spread
    sizes.npy       int64 [k], vectors in each cell
    cells.faiss     FAISS inverted lists

Cells are ranked by an upper estimate of their best score: that of the centroid, which is the
mean of its members', and how far the best of n members is likely to be above a mean. For
members spread normally with deviation s in each direction that is |q| s sqrt(2 ln n).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.index.clustering import Clustering

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

FILES = ("reduction.npy", "centroids.npy", "sizes.npy", "cells.faiss")
_QUERIES_AT_ONCE = 256
_TRAINING = 50_000
_BLOCK = 32
"""Scores of which only the highest is looked at first."""


@dataclass(frozen=True)
class Probing:
    """Which cells a query looks into.

    The `first` highest ranked, then all whose estimate comes within `margin` of the worst
    result wanted, as the first cells gave it. None means the first cells only: a fixed nprobe.
    """

    first: int
    margin: float | None = None


class Cells:
    """Inverted cells, memory-mapped from the files that `write_cells` made.

    Raises:
        EOFError, OSError, ValueError, RuntimeError: they are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        import faiss

        self._rotation: Floats = np.load(folder / "reduction.npy")
        # As plain arrays: the subclass for mapped files costs time at each product.
        self._centroids: Floats = np.asarray(np.load(folder / "centroids.npy", mmap_mode="r"))
        self.sizes: Ids = np.load(folder / "sizes.npy")
        lists: Any = faiss.read_index(str(folder / "cells.faiss"), faiss.IO_FLAG_MMAP_IFC)
        self._lists = lists
        if self._centroids.shape != (lists.nlist, lists.d + 1) or len(self) != lists.nlist:
            raise ValueError("centroids and cells do not belong together")

    def __len__(self) -> int:
        return len(self.sizes)

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
        return self._estimates(self._turned(queries))

    def best(self, queries: Floats, wanted: int, first: int) -> Floats:
        """The score of the worst result wanted that the first cells give, `[q]`."""
        reduced = self._turned(queries)
        probed = _highest(self._estimates(reduced), first)
        return self._scan(reduced, probed, wanted, None)[0][:, -1]

    def _search(
        self, queries: Floats, wanted: int, candidates: int, probing: Probing, excluded: Ids | None
    ) -> tuple[Ids, Ids]:
        reduced = self._turned(queries)
        estimates = self._estimates(reduced)
        first = _highest(estimates, min(probing.first, len(self)))
        scores, rows = self._scan(reduced, first, candidates, excluded)
        compared = self.sizes[first].sum(1)
        if probing.margin is None or first.shape[1] == len(self):
            return rows, compared
        np.put_along_axis(estimates, first, -np.inf, axis=1)
        second = _padded(estimates >= (scores[:, wanted - 1] - probing.margin)[:, None])
        if not second.shape[1]:
            return rows, compared
        more_scores, more_rows = self._scan(reduced, second, candidates, excluded)
        compared += np.where(second < 0, 0, self.sizes[second]).sum(1)
        best = _highest(np.concatenate([scores, more_scores], axis=1), candidates)
        return np.take_along_axis(np.concatenate([rows, more_rows], axis=1), best, 1), compared

    def _turned(self, queries: Floats) -> Floats:
        return np.ascontiguousarray(queries @ self._rotation.T)

    def _estimates(self, reduced: Floats) -> Floats:
        lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
        estimates: Floats = np.concatenate([reduced, lengths], axis=1) @ self._centroids.T
        return estimates

    def _scan(
        self, reduced: Floats, cells: Ids, count: int, excluded: Ids | None
    ) -> tuple[Floats, Ids]:
        """Scores and rows of the best `count` in the given cells (-1 for none) of each query.

        FAISS keeps bare pointers: the variables are what keeps its arguments alive. Its Python
        wrapper takes no parameters here, and would set the number of cells on the index, which
        threads share.
        """
        import faiss

        cells, unused = np.ascontiguousarray(cells), np.zeros(cells.shape, np.float32)
        scores = np.empty((len(reduced), count), np.float32)
        rows = np.empty((len(reduced), count), np.int64)
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = cells.shape[1]
        if excluded is not None and len(excluded):
            batch = faiss.IDSelectorBatch(excluded)
            others = faiss.IDSelectorNot(batch)
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


def write_cells(
    folder: Path,
    clustering: Clustering,
    chunks: Iterable[npt.NDArray[np.floating]],
    cells: Ids,
    squared_distances: Floats,
) -> None:
    """Write the files of a clustering and its members.

    Args:
        folder: where to.
        clustering: whose centroids the cells have.
        chunks: all n vectors `[…, d]`, in order, some at a time; the first chunk trains the codes.
        cells: of each vector, `[n]`.
        squared_distances: of each vector to its centroid, `[n]`.
    """
    import faiss
    from faiss.contrib.ivf_tools import add_preassigned

    count, rank = clustering.centroids.shape
    sizes = np.bincount(cells, minlength=count)
    spread = _spread(cells, squared_distances, sizes, rank)
    np.save(folder / "reduction.npy", clustering.reduction.components)
    np.save(folder / "centroids.npy", np.column_stack([clustering.centroids, spread]))
    np.save(folder / "sizes.npy", sizes)
    quantizer = faiss.IndexFlatIP(rank)  # stays empty: cells are given with each search
    lists = faiss.IndexIVFScalarQuantizer(
        quantizer, rank, count, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    done = 0
    for chunk in chunks:
        reduced = clustering.reduction.apply(chunk)
        if not lists.is_trained:
            lists.train_encoder(min(len(reduced), _TRAINING), faiss.swig_ptr(reduced), None)
            lists.is_trained = True
        part = np.ascontiguousarray(cells[done : done + len(reduced)])
        add_preassigned(lists, reduced, part)
        done += len(reduced)
    faiss.write_index(lists, str(folder / "cells.faiss"))


def _spread(cells: Ids, squared_distances: Floats, sizes: Ids, rank: int) -> Floats:
    """How far the best member of each cell is likely to be above its centroid, a unit query."""
    squares = np.bincount(cells, squared_distances, minlength=len(sizes)) / np.maximum(sizes, 1)
    spread: Floats = np.sqrt(squares / rank * 2 * np.log(np.maximum(sizes, 1))).astype(np.float32)
    return spread


def _highest(scores: Floats, count: int) -> Ids:
    """Places of the `count` highest of each row, in no order."""
    if count >= scores.shape[1]:
        return np.tile(np.arange(scores.shape[1]), (len(scores), 1))
    if len(scores) == 1 and count * _BLOCK < scores.shape[1]:
        return _highest_of_many(scores[0], count)[None]
    return np.argpartition(scores, -count, axis=1)[:, -count:]


def _highest_of_many(scores: Floats, count: int) -> Ids:
    """As `_highest` of one long row: the best `count` blocks hold at least `count` scores that
    reach the least of their maxima, so the highest are among the few that do."""
    maxima = np.maximum.reduceat(scores, np.arange(0, len(scores), _BLOCK))
    least = np.partition(maxima, -count)[-count]
    places = np.flatnonzero(scores >= least)
    return places[np.argpartition(scores[places], -count)[-count:]]


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
