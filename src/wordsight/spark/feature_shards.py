"""Features on their way from a cluster: a file for each stretch of a collection's photos.

As with `spark.shards`, whoever finds a shard there need not make it again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.spark.places import Place

Outputs = Sequence[npt.NDArray[np.floating]]

_NETWORK = "network.onnx"
_SUFFIX = ".npz"


class FeatureShards:
    """Those in a folder, or below a store's URI, of one network and one view; and the network."""

    def __init__(self, place: str) -> None:
        self._place = Place(place)
        self._place.make()

    def firsts(self) -> set[int]:
        """The numbers of the first photos of all shards that are whole."""
        return {int(Path(name).stem) for name in self._place.names(_SUFFIX)}

    def has(self, first: int) -> bool:
        return self._place.has(_name(first))

    def write(self, first: int, outputs: Outputs) -> None:
        """All or nothing; where another has written the same, that stays as good."""
        packed = io.BytesIO()
        np.savez(packed, *outputs)
        self._place.write(_name(first), packed.getvalue())

    def read(self, first: int) -> Outputs:
        with np.load(io.BytesIO(self._place.read(_name(first)))) as packed:
            return list(packed.values())

    def give_network(self, network: Path) -> None:
        self._place.write(_NETWORK, network.read_bytes())

    def fetch_network(self, into: Path) -> None:
        into.write_bytes(self._place.read(_NETWORK))

    def clear(self) -> None:
        """Remove the folder, whatever is in it."""
        self._place.clear()


def _name(first: int) -> str:
    return f"{first:012d}{_SUFFIX}"
