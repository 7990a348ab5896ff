"""Vectors on their way to a cluster: Parquet files of rows and vectors, in parts."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from wordsight.spark.places import Place

Floats = npt.NDArray[np.float32]

_PART = 20_000
_BATCH = 5_000


class VectorShards:
    """Those in a folder, or below a store's URI."""

    def __init__(self, place: str) -> None:
        self._place = Place(place)
        self._names: list[str] = []

    def __len__(self) -> int:
        """Parts."""
        return len(self._names)

    def write(self, vectors: npt.NDArray[np.floating]) -> None:
        """Write `[n, d]` with their row numbers."""
        self._place.make()
        for start in range(0, len(vectors), _PART):
            part = np.asarray(vectors[start : start + _PART], np.float32)
            rows = np.arange(start, start + len(part))
            table = pa.table({"row": rows, "vector": lists_of(part)})
            packed = io.BytesIO()
            pq.write_table(table, packed, use_dictionary=False)
            self._names.append(f"vectors-{start:012d}.parquet")
            self._place.write(self._names[-1], packed.getvalue())

    def read(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of the parts with these numbers, in an executor."""
        for batch in batches:
            for part in batch.column("id").to_pylist():
                packed = pa.BufferReader(self._place.read(self._names[part]))
                yield from pq.ParquetFile(packed).iter_batches(_BATCH)

    def clear(self) -> None:
        """Remove the folder, whatever is in it."""
        self._place.clear()


def lists_of(vectors: Floats) -> pa.ListArray:
    """`[n, d]` as Arrow has it."""
    count, dimension = vectors.shape
    offsets = np.arange(count + 1, dtype=np.int32) * dimension
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(vectors, np.float32).ravel())


def rows_of(column: pa.ListArray | pa.ChunkedArray) -> Floats:
    """Back to `[n, d]`, n at least 1."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    vectors: Floats = flat.flatten().to_numpy().reshape(len(column), -1)
    return vectors
