"""Vectors on their way to a cluster: Parquet files of rows and vectors, in parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import fsspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Floats = npt.NDArray[np.float32]

_PART = 20_000
_BATCH = 5_000


class VectorShards:
    """Those in a folder, or below a store's URI."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._names: list[str] = []

    def __len__(self) -> int:
        """Parts."""
        return len(self._names)

    def write(self, vectors: npt.NDArray[np.floating]) -> None:
        """Write `[n, d]` with their row numbers."""
        system, root = fsspec.url_to_fs(self._place)
        system.makedirs(root, exist_ok=True)
        for start in range(0, len(vectors), _PART):
            part = np.asarray(vectors[start : start + _PART], np.float32)
            rows = np.arange(start, start + len(part))
            name = f"{root}/vectors-{start:012d}.parquet"
            with system.open(name, "wb") as file:
                table = pa.table({"row": rows, "vector": lists_of(part)})
                pq.write_table(table, file, use_dictionary=False)
            self._names.append(name)

    def read(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of the parts with these numbers, in an executor."""
        system, _ = fsspec.url_to_fs(self._place)
        for batch in batches:
            for part in batch.column("id").to_pylist():
                with system.open(self._names[part], "rb") as file:
                    yield from pq.ParquetFile(file).iter_batches(_BATCH)

    def clear(self) -> None:
        """Remove the folder, whatever is in it."""
        system, root = fsspec.url_to_fs(self._place)
        with suppress(FileNotFoundError):
            system.rm(root, recursive=True)


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
