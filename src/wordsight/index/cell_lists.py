"""Writing inverted cells (see `cells`): codes are learnt on some vectors, then all are put in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.index.clustering import Clustering, Membership
from wordsight.index.ranking import with_spread

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]

_TRAINING = 50_000


class CellLists:
    """The inverted lists of a clustering's cells, being filled; copied and pickled as they are.

    Args:
        clustering: whose cells they are of.
        sample: vectors `[n, d]`; codes are learnt on the first 50,000.
    """

    def __init__(self, clustering: Clustering, sample: npt.NDArray[np.floating]) -> None:
        import faiss

        count, rank = clustering.centroids.shape
        self._clustering = clustering
        quantizer = faiss.IndexFlatIP(rank)  # stays empty: cells are given with each search
        self._lists: Any = faiss.IndexIVFScalarQuantizer(
            quantizer, rank, count, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
        )
        reduced = clustering.reduction.apply(sample[:_TRAINING])
        self._lists.train_encoder(len(reduced), faiss.swig_ptr(reduced), None)
        self._lists.is_trained = True

    def __len__(self) -> int:
        """Vectors in them."""
        return int(self._lists.ntotal)

    def __getstate__(self) -> tuple[Clustering, Bytes]:
        return self._clustering, self.packed()

    def __setstate__(self, state: tuple[Clustering, Bytes]) -> None:
        import faiss

        self._clustering, packed = state
        self._lists = faiss.deserialize_index(packed)

    def add(self, vectors: npt.NDArray[np.floating], cells: Ids, rows: Ids) -> None:
        """Put vectors `[n, d]`, which have these rows of all, into their cells `[n]`."""
        from faiss.contrib.ivf_tools import add_preassigned

        reduced = self._clustering.reduction.apply(vectors)
        add_preassigned(self._lists, reduced, np.ascontiguousarray(cells), rows)

    def packed(self) -> Bytes:
        """All of it, as bytes `[n]` that `add_packed` takes."""
        import faiss

        packed: Bytes = faiss.serialize_index(self._lists)
        return packed

    def add_packed(self, part: Bytes) -> None:
        """What lists that were copied from these, when they were empty, have been filled with."""
        import faiss

        filled: Any = faiss.deserialize_index(part)
        self._lists.invlists.merge_from(filled.invlists, 0)
        self._lists.ntotal += filled.ntotal

    def write(self, path: Path) -> None:
        """As a file that FAISS reads."""
        import faiss

        faiss.write_index(self._lists, str(path))


def write_cells(
    folder: Path,
    clustering: Clustering,
    chunks: Iterable[npt.NDArray[np.floating]],
    membership: Membership,
) -> None:
    """Write the files of a clustering and its members.

    Args:
        folder: where to.
        clustering: whose centroids the cells have.
        chunks: all n vectors `[…, d]`, in order, some at a time; codes are learnt on the first.
        membership: of the vectors.
    """
    lists: CellLists | None = None
    done = 0
    for chunk in chunks:
        if lists is None:
            lists = CellLists(clustering, chunk)
        rows = np.arange(done, done + len(chunk))
        lists.add(chunk, membership.cells[rows], rows)
        done += len(chunk)
    if lists is None:
        raise ValueError("there are no vectors to put into cells")
    write_lists(folder, clustering, lists, membership)


def write_lists(
    folder: Path, clustering: Clustering, lists: CellLists, membership: Membership
) -> None:
    """As `write_cells`, of lists that are full."""
    count, cells = len(clustering.centroids), membership.cells
    sizes = np.bincount(cells, minlength=count)
    squares = np.bincount(cells, membership.squared_distances, minlength=count)
    np.save(folder / "reduction.npy", clustering.reduction.components)
    means = squares / np.maximum(sizes, 1)
    np.save(folder / "centroids.npy", with_spread(clustering.centroids, sizes, means))
    np.save(folder / "sizes.npy", sizes)
    lists.write(folder / "cells.faiss")
