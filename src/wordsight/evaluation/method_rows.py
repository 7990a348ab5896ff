"""What is reported of each way to cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from wordsight.evaluation.probes import ProbeRecall

TARGETS = (0.9, 0.95, 0.99)
"""Of the recall of the ten nearest."""

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Of the embeddings compared."""


@dataclass(frozen=True)
class SearchRow:
    """How well one kind of queries is answered from the cells.

    `compared` gives by recall the share of all embeddings that has to be compared for it, None
    where it is not reached. `one_probe` is the recall when one cell is looked into, `all_cells`
    when all are: what is missing there was lost by reducing. `lost_by_probing` gives by share
    compared what is lost beside; None where one cell alone is more. `curve` has points of share
    and recall.
    """

    compared: dict[float, float | None]
    one_probe: float
    all_cells: float
    lost_by_probing: dict[float, float | None]
    curve: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, measured: ProbeRecall) -> Self:
        """What is reported of a measured curve."""
        whole = measured.all_cells
        found = {share: measured.recall_for(share) for share in SHARES}
        return cls(
            compared={recall: measured.compared_for(recall) for recall in TARGETS},
            one_probe=measured.one_probe,
            all_cells=whole,
            lost_by_probing={s: None if r is None else whole - r for s, r in found.items()},
            curve=tuple(measured.points()),
        )


@dataclass(frozen=True)
class MethodRow:
    """A method, what it found, what it cost, and what searches gain.

    `largest` and `median` are numbers of photos a cell, noise put into the nearest one; `sizes`
    all of them, the largest first. `silhouette` is None where it is not defined. `memory` is by
    how many bytes the process grew, `model_bytes` what centroids, weights and covariances take.
    """

    method: str
    parameters: str
    clusters: int
    noise: float
    largest: int
    median: float
    silhouette: float | None
    seconds: float
    processor_seconds: float
    memory: int
    model_bytes: int
    sentences: SearchRow
    photos: SearchRow
    sizes: tuple[int, ...]
