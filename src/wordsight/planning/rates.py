"""What was measured, with where it is written down; everything else is calculated from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """A measured or assumed figure."""

    value: float
    unit: str
    source: str


_BENCHMARKS = "docs/benchmarks.md, 2026-11-25, AMD EPYC, 2 cores"

DESCRIBED = Rate(84 / 2, "photos a second, a core", f"{_BENCHMARKS}: 640 px, beam of 3, int8")
REQUEST = Rate(
    2 / 247 - 0.286e-3,
    "core seconds a query, apart from searching",
    f"{_BENCHMARKS}: 247 searches a second at 69,364 photos, the load's own work included",
)
SNAPSHOT_BYTES = Rate(1017, "bytes a photo", "docs/scale.md: ten million, 2026-11-25")
SCORE_BYTES = Rate(1500, "bytes a photo", "docs/scale.md: to explain scores")
CATALOG_BYTES = Rate(
    4_023, "bytes a photo", "docs/benchmarks.md, 2026-11-28: what one driver stores, SQLite"
)
MEMORY_BYTES = Rate(250, "bytes a photo", "docs/scale.md: codes and centroids, ten million")
BUILD_BYTES = Rate(12_751e6 / 1e7, "bytes a photo", f"{_BENCHMARKS}: building, 10,000,000")
BANDWIDTH = Rate(40e9, "bytes a second, all cores", "docs/scale.md: assumed of 16 cores")
BUSY = Rate(0.7, "of the time at most", "assumed, so that queries seldom wait for each other")

PAIRS = Rate(25e6, "pairs of photos compared a core second", "docs/duplicates.md")
LOOKED_AT = Rate(
    238 / 250_000,
    "core seconds a photo, compared in groups",
    "docs/benchmarks.md, 2026-11-28, AMD EPYC, 2 cores: near-duplicates among many",
)


@dataclass(frozen=True)
class IndexSize:
    """An index of so many vectors, as measured (docs/benchmarks.md, docs/scale.md, 2026-11-25)."""

    photos: int
    fit_seconds: float
    """Of processor time."""
    search_seconds: float
    """p50 on one core."""
    bytes_read: float
    """Centroids and codes a query."""


INDEXES = (
    IndexSize(69_364, 18, 0.286e-3, 4.2e6),
    IndexSize(1_000_000, 105, 1.329e-3, 20.1e6),
    IndexSize(10_000_000, 1_159, 7.295e-3, 103.5e6),
)
CENTROID_BYTES = Rate(91e6, "bytes a query", "docs/scale.md: 10,000,000; grow by the power 0.5")
CODE_BYTES = Rate(12.5e6, "bytes a query", "docs/scale.md: 10,000,000; at most by the power 0.9")
FIT_POWER = 1.5
"""Of the number of photos, beyond ten million: photos times cells (docs/scale.md)."""
