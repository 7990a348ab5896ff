"""FAISS's own indexes as contestants: its exact search, its K-means cells, its graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.index_contestant import Searcher
from benchmarks.index_vectors import Corpus

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_FILE = "index.faiss"


@dataclass(frozen=True)
class FaissContestant:
    """An index that `faiss.index_factory` makes; `{cells}` in the recipe is 4 sqrt(n).

    `training` is the number of vectors a cell that K-means is given: 256 is FAISS's own limit.
    """

    name: str
    recipe: str
    setting: str = ""
    queries: int = 10_000
    training: int = 256
    library: ClassVar[str] = "faiss"

    def build(self, corpus: Corpus, folder: Path) -> None:
        import faiss

        cells = _cells(len(corpus))
        index: Any = faiss.index_factory(
            corpus.dimension, self.recipe.format(cells=cells), faiss.METRIC_INNER_PRODUCT
        )
        if self.setting == "ef":
            index.hnsw.efConstruction = 128
        if not index.is_trained:
            index.train(corpus.sample(self.training * cells))
        for _, rows in corpus.chunks():
            index.add(rows.astype(np.float32))
        faiss.write_index(index, str(folder / _FILE))

    def open(self, folder: Path) -> Searcher:
        import faiss

        return _FaissSearcher(faiss.read_index(str(folder / _FILE)), self.setting)


@dataclass(frozen=True)
class _FaissSearcher:
    index: Any
    setting: str

    @property
    def efforts(self) -> range:
        if self.setting == "nprobe":
            return range(1, self.index.nlist + 1)
        return range(10, 2049) if self.setting == "ef" else range(1)

    def search(self, queries: Floats, count: int, effort: int) -> Ids:
        self._set(effort)
        rows: Ids = self.index.search(queries, count)[1]
        return rows

    def compared(self, queries: Floats, effort: int) -> tuple[float, float]:
        import faiss

        if not self.setting:
            return float(self.index.ntotal), 0.0
        inside = self.setting == "nprobe"
        counters: Any = faiss.cvar
        counted = counters.indexIVF_stats if inside else counters.hnsw_stats
        counted.reset()
        self.search(queries, 10, effort)
        return counted.ndis / len(queries), float(self.index.nlist if inside else 0)

    def _set(self, effort: int) -> None:
        if self.setting == "nprobe":
            self.index.nprobe = effort
        elif self.setting == "ef":
            self.index.hnsw.efSearch = effort


def _cells(vectors: int) -> int:
    return round(4 * math.sqrt(vectors))
