"""The cells of a snapshot made by a cluster: executors assign photos, and fill parts of the cells.

A part is a file: the inverted lists of all cells, filled with some thousands of the vectors. The
driver learns the codes, and in the end puts the parts one behind the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wordsight.errors import SparkError
from wordsight.index.cell_lists import CellLists, write_lists
from wordsight.index.chunks import chunks
from wordsight.index.clustering import Clustering, Membership
from wordsight.spark.clustering import fit_frame
from wordsight.spark.places import Place
from wordsight.spark.session import first_line
from wordsight.spark.vectors import VectorShards, rows_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Floats = npt.NDArray[np.float32]
Batches = Iterator[pa.RecordBatch]
P = ParamSpec("P")
Told = TypeVar("Told")


def _as_spark_error(work: Callable[P, Told]) -> Callable[P, Told]:
    @wraps(work)
    def told(*args: P.args, **kwargs: P.kwargs) -> Told:
        try:
            return work(*args, **kwargs)
        except Exception as error:  # py4j and the JVM raise many kinds
            raise SparkError(f"the Spark job failed: {first_line(error)}") from error

    return told


class SparkCellMaker:
    """A `CellMaker` on a cluster; to be closed.

    Args:
        session: of Spark; its executors have wordsight.
        place: a folder that all machines share, or a store's URI, of this maker alone: vectors and
            parts go through it; removed at the end.
        vectors: `[n, d]`, to be fitted n at least `clustering.LEAST`.

    Raises:
        SparkError: of all methods: the job failed.
    """

    def __init__(
        self, session: SparkSession, place: str, vectors: npt.NDArray[np.floating]
    ) -> None:
        self._session = session
        self._place = place
        self._vectors = vectors
        self._frame: DataFrame | None = None
        self._filled: tuple[CellLists, _Parts] | None = None

    def __enter__(self) -> SparkCellMaker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._frame is not None:
            with suppress(Exception):  # a session that is gone has let go of it
                self._frame.unpersist()
        VectorShards(self._place).clear()

    @_as_spark_error
    def fit(
        self, queries: Floats | None = None, seed: int = 0, cells: int | None = None
    ) -> Clustering:
        return fit_frame(self._sent(), self._vectors, queries, seed, cells)

    @_as_spark_error
    def assign(self, clustering: Clustering) -> Membership:
        """The parts are filled by the way: executors have the vectors at hand."""
        lists = CellLists(clustering, next(chunks(self._vectors)))
        parts = _Parts(f"{self._place}/cells-{uuid4().hex}")
        shared = self._session.sparkContext.broadcast((clustering, lists))
        told = self._sent().mapInArrow(_Fill(shared, parts), _MEMBER).toArrow()
        shared.destroy()
        self._filled = lists, parts
        order = np.argsort(told.column("row").to_numpy())
        cells, distances = (told.column(name).to_numpy()[order] for name in ("cell", "distance"))
        return Membership(cells, distances)

    def write(self, folder: Path, clustering: Clustering, membership: Membership) -> None:
        write_lists(folder, clustering, self._joined(), membership)

    @_as_spark_error
    def _joined(self) -> CellLists:
        """All that was filled; a store may have lost a part, or not list it yet."""
        assert self._filled is not None
        empty, parts = self._filled
        lists = copy(empty)
        for part in parts.read():
            lists.add_packed(part)
        if len(lists) != len(self._vectors):
            raise SparkError(f"{len(lists)} of {len(self._vectors)} vectors are in cells")
        return lists

    def _sent(self) -> DataFrame:
        if self._frame is None:
            shards = VectorShards(self._place)
            shards.write(self._vectors)
            parts = self._session.range(0, len(shards), 1, len(shards))  # one a partition
            self._frame = parts.mapInArrow(shards.read, "row long, vector array<float>").persist()
        return self._frame


_SUFFIX = ".faiss"
_MEMBER = "row long, cell long, distance float"


class _Parts:
    """The files of parts in a folder, or below a store's URI."""

    def __init__(self, place: str) -> None:
        self._place = Place(place)

    def write(self, first: int, part: npt.NDArray[np.uint8]) -> None:
        """The part that begins with a row. A task that runs twice writes the same again."""
        self._place.make()
        self._place.write(f"{first:012d}{_SUFFIX}", part.tobytes())

    def read(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Each of them, by ascending rows."""
        for name in self._place.names(_SUFFIX):
            yield np.frombuffer(self._place.read(name), np.uint8)


@dataclass(frozen=True)
class _Fill:
    """Assigns the photos of a partition, and fills a part with them."""

    shared: Any
    """The clustering, and its empty lists: broadcast, they may be large."""
    parts: _Parts

    def __call__(self, batches: Batches) -> Batches:
        clustering, empty = self.shared.value
        lists = copy(empty)
        first: int | None = None
        for batch in batches:
            vectors, rows = rows_of(batch.column("vector")), batch.column("row").to_numpy()
            cells, distances = clustering.assign(vectors)
            lists.add(vectors, cells, rows)
            first = int(rows[0]) if first is None else first
            columns = [batch.column("row"), pa.array(cells), pa.array(distances)]
            yield pa.record_batch(columns, ["row", "cell", "distance"])
        if first is not None:
            self.parts.write(first, lists.packed())
