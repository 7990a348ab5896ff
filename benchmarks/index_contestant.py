"""What an index must do to be compared.

It is built into a folder and opened from it, each in a process of its own. The setting that trades
time for recall is an integer, `effort`: probes (nprobe) or candidates (ef); exact ways ignore it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.index_vectors import Corpus

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


class Searcher(Protocol):
    """An open index."""

    @property
    def efforts(self) -> range:
        """What there is to choose from; a single one where nothing is."""

    def search(self, queries: Floats, count: int, effort: int) -> Ids:
        """Rows of the nearest, the best first, -1 for none: `[q, count]`."""

    def compared(self, queries: Floats, effort: int) -> tuple[float, float]:
        """Vectors and centroids compared with a query, on average."""


class Contestant(Protocol):
    """A way to search, closed."""

    @property
    def name(self) -> str: ...

    @property
    def library(self) -> str:
        """The module it needs."""

    @property
    def setting(self) -> str:
        """What `effort` is called; empty where search is exact."""

    @property
    def queries(self) -> int:
        """How many queries it is asked at most."""

    def build(self, corpus: Corpus, folder: Path) -> None: ...

    def open(self, folder: Path) -> Searcher: ...
