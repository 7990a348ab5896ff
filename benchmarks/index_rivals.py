"""Exact search by NumPy and by sqlite-vec, and usearch's graph, as contestants."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.index_contestant import Searcher
from benchmarks.index_vectors import Corpus

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_SCORES_AT_ONCE = 40_000_000
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class NumpyExact:
    """All scores by matrix products, then a partition."""

    stored: type[np.float32] | type[np.float16] = np.float32
    queries: int = 10_000
    name: str = "NumPy exact"
    library: ClassVar[str] = "numpy"
    setting: ClassVar[str] = ""

    def build(self, corpus: Corpus, folder: Path) -> None:
        shape = (len(corpus), corpus.dimension)
        out = np.lib.format.open_memmap(folder / "all.npy", "w+", self.stored, shape)
        for start, rows in corpus.chunks():
            out[start : start + len(rows)] = rows

    def open(self, folder: Path) -> Searcher:
        path = folder / "all.npy"
        if self.stored is np.float16:  # too many for memory
            return _NumpySearcher(np.load(path, mmap_mode="r"))
        return _NumpySearcher(np.load(path))


@dataclass(frozen=True)
class _NumpySearcher:
    vectors: npt.NDArray[Any]
    efforts: range = range(1)

    def search(self, queries: Floats, count: int, effort: int) -> Ids:  # noqa: ARG002
        block = len(self.vectors) if self.vectors.dtype == np.float32 else _ROWS_AT_ONCE
        some = max(1, _SCORES_AT_ONCE // block)
        parts = [queries[i : i + some] for i in range(0, len(queries), some)]
        return np.concatenate([self._search(part, count, block) for part in parts])

    def compared(self, queries: Floats, effort: int) -> tuple[float, float]:  # noqa: ARG002
        return float(len(self.vectors)), 0.0

    def _search(self, queries: Floats, count: int, block: int) -> Ids:
        scores = np.empty((len(queries), 0), np.float32)
        rows = np.empty((len(queries), 0), np.int64)
        for start in range(0, len(self.vectors), block):
            more = queries @ self.vectors[start : start + block].astype(np.float32, copy=False).T
            places = np.argpartition(more, -count, axis=1)[:, -count:]
            scores = np.hstack([scores, np.take_along_axis(more, places, 1)])
            rows = np.hstack([rows, places + start])
        order = np.argsort(-scores, axis=1)[:, :count]
        return np.take_along_axis(rows, order, 1)


@dataclass(frozen=True)
class SqliteVec:
    """A vec0 table on disk, scanned for each query."""

    queries: int = 20
    name: str = "sqlite-vec"
    library: ClassVar[str] = "sqlite_vec"
    setting: ClassVar[str] = ""

    def build(self, corpus: Corpus, folder: Path) -> None:
        opened = _sqlite(folder)
        column = f"embedding float[{corpus.dimension}] distance_metric=cosine"
        opened.execute(f"CREATE VIRTUAL TABLE vectors USING vec0({column})")
        insert = "INSERT INTO vectors(rowid, embedding) VALUES (?, ?)"
        with opened:
            for start, rows in corpus.chunks():
                full = rows.astype(np.float32)
                opened.executemany(insert, ((start + i, v.tobytes()) for i, v in enumerate(full)))
        opened.close()

    def open(self, folder: Path) -> Searcher:
        return _SqliteSearcher(_sqlite(folder))


@dataclass(frozen=True)
class _SqliteSearcher:
    opened: Any
    efforts: range = range(1)

    def search(self, queries: Floats, count: int, effort: int) -> Ids:  # noqa: ARG002
        select = "SELECT rowid FROM vectors WHERE embedding MATCH ? AND k = ? ORDER BY distance"
        found = [list(self.opened.execute(select, (q.tobytes(), count))) for q in queries]
        return np.array(found, np.int64)[:, :, 0]

    def compared(self, queries: Floats, effort: int) -> tuple[float, float]:  # noqa: ARG002
        return float(next(self.opened.execute("SELECT count(*) FROM vectors"))[0]), 0.0


def _sqlite(folder: Path) -> Any:
    # Python's own sqlite3 is often built without extensions.
    import apsw
    import sqlite_vec

    opened = apsw.Connection(str(folder / "vectors.db"))
    opened.enable_load_extension(True)
    opened.load_extension(sqlite_vec.loadable_path())
    return opened


@dataclass(frozen=True)
class Usearch:
    """A navigable graph of half-precision vectors: faster than of single, and as good."""

    queries: int = 10_000
    name: str = "HNSW (usearch, float16)"
    library: ClassVar[str] = "usearch"
    setting: ClassVar[str] = "ef"

    def build(self, corpus: Corpus, folder: Path) -> None:
        from usearch.index import Index

        index = Index(
            ndim=corpus.dimension,
            metric="ip",
            dtype="f16",
            connectivity=32,
            expansion_add=128,
        )
        for start, rows in corpus.chunks():
            index.add(np.arange(start, start + len(rows)), rows)
        index.save(str(folder / "graph.usearch"))

    def open(self, folder: Path) -> Searcher:
        from usearch.index import Index

        return _UsearchSearcher(Index.restore(str(folder / "graph.usearch")))


@dataclass(frozen=True)
class _UsearchSearcher:
    index: Any
    efforts: range = range(10, 2049)

    def search(self, queries: Floats, count: int, effort: int) -> Ids:
        rows: Ids = self._matches(queries, count, effort).keys.astype(np.int64)
        return rows.reshape(len(queries), -1)

    def compared(self, queries: Floats, effort: int) -> tuple[float, float]:
        return self._matches(queries, 10, effort).computed_distances / len(queries), 0.0

    def _matches(self, queries: Floats, count: int, effort: int) -> Any:
        self.index.expansion_search = effort
        return self.index.search(queries, count, threads=1 if len(queries) == 1 else 0)
