"""Features on their way from a cluster: a file for each stretch of a collection's photos.

As with `spark.shards`, whoever finds a shard there need not make it again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import fsspec
import numpy as np
import numpy.typing as npt

Outputs = Sequence[npt.NDArray[np.floating]]

_NETWORK = "network.onnx"


class FeatureShards:
    """Those in a folder, or below a store's URI, of one network and one view; and the network."""

    def __init__(self, place: str) -> None:
        self._system, self._root = fsspec.url_to_fs(place)
        self._system.makedirs(self._root, exist_ok=True)

    def firsts(self) -> set[int]:
        """The numbers of the first photos of all shards that are whole."""
        self._system.invalidate_cache()
        names = (str(name) for name in self._system.ls(self._root, detail=False))
        return {int(Path(name).stem) for name in names if name.endswith(".npz")}

    def has(self, first: int) -> bool:
        return bool(self._system.exists(self._name(first)))

    def write(self, first: int, outputs: Outputs) -> None:
        """All or nothing; where another has written the same, that stays as good."""
        packed = io.BytesIO()
        np.savez(packed, *outputs)
        self._put(packed.getvalue(), self._name(first))

    def read(self, first: int) -> Outputs:
        with np.load(io.BytesIO(self._system.cat_file(self._name(first)))) as packed:
            return list(packed.values())

    def give_network(self, network: Path) -> None:
        self._put(network.read_bytes(), f"{self._root}/{_NETWORK}")

    def fetch_network(self, into: Path) -> None:
        into.write_bytes(self._system.cat_file(f"{self._root}/{_NETWORK}"))

    def clear(self) -> None:
        """Remove the folder, whatever is in it."""
        with suppress(FileNotFoundError):
            self._system.rm(self._root, recursive=True)

    def _name(self, first: int) -> str:
        return f"{self._root}/{first:012d}.npz"

    def _put(self, data: bytes, name: str) -> None:
        aside = f"{name}.{uuid4().hex}.part"
        self._system.pipe_file(aside, data)
        self._system.mv(aside, name)
