"""This index as a contestant: the snapshot that searches open, of vectors without photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.index_contestant import Searcher
from benchmarks.index_vectors import Corpus
from wordsight.index.build import SnapshotBuilder, probe_queries
from wordsight.index.clustering import fit_clustering
from wordsight.index.nearest import candidate_count, nearest, nearest_of_each
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import Origin, Snapshot
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_LOWEST = -200
"""Margins are thousandths from here on."""


@dataclass(frozen=True)
class Wordsight:
    """Probing as it is in use, its margin tuned like the settings of the others; or one probe."""

    name: str = "**this index**"
    setting: str = "margin, thousandths above -0.2"
    queries: int = 10_000
    one_probe: bool = False
    library: ClassVar[str] = "wordsight.index.nearest"

    def build(self, corpus: Corpus, folder: Path) -> None:
        """All but the parts of the vectors that only explain a score: holes in their files."""
        builder = SnapshotBuilder(folder, len(corpus), corpus.dimension, exact_below=1)
        for start, rows in corpus.chunks():
            builder.ids[start : start + len(rows)] = np.arange(start, start + len(rows))
            builder.fused[start : start + len(rows)] = rows
        queries = ModelSet().encoder.encode(probe_queries())
        clustering = fit_clustering(builder.fused, queries)
        membership = builder.assign(clustering)
        builder.finish(Origin("benchmark", "encoder", 1), clustering, membership, queries)

    def open(self, folder: Path) -> Searcher:
        return _Open(Snapshot(folder), self.one_probe)


@dataclass(frozen=True)
class _Open:
    snapshot: Snapshot
    one_probe: bool

    @property
    def efforts(self) -> range:
        return range(1, 2) if self.one_probe else range(1, 1000)

    def search(self, queries: Floats, count: int, effort: int) -> Ids:
        probing = self._probing(effort)
        if len(queries) > 1:
            return nearest_of_each(self.snapshot, queries, count, probing)[0]
        rows, _ = nearest(self.snapshot, queries[0], count, probing=probing)
        missing = count - len(rows)
        return (np.pad(rows, (0, missing), constant_values=-1) if missing else rows)[None]

    def compared(self, queries: Floats, effort: int) -> tuple[float, float]:
        cells = self.snapshot.cells
        assert cells is not None
        _, compared = cells.search(queries, 10, candidate_count(10), self._probing(effort))
        return float(compared.mean()), float(len(cells))

    def _probing(self, effort: int) -> Probing:
        if self.one_probe:
            return Probing(1)
        curve = self.snapshot.manifest.curve
        assert curve is not None
        first = next(point.first for point in curve.points if point.margin is not None)
        return Probing(first, (effort + _LOWEST) / 1000)
