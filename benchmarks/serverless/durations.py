"""How long a start and a warm request take, drawn from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

_Z99 = 2.3263478740408408
"""The 99th percentile of a standard normal."""


@dataclass(frozen=True)
class Duration:
    """A lognormal time with the median and the 99th percentile that were measured, in seconds."""

    p50: float
    p99: float

    def draw(self, random: np.random.Generator, number: int) -> np.ndarray:
        """Shape (number,), float64, seconds."""
        return random.lognormal(log(self.p50), log(self.p99 / self.p50) / _Z99, number)

    @property
    def mean(self) -> float:
        return self.p50 * float(np.exp((log(self.p99 / self.p50) / _Z99) ** 2 / 2))


# docs/benchmarks.md, Azure Functions, 2026-11-28, over gRPC, with PostgreSQL. What the platform
# adds to a start, until an instance is found and has its share and its package, is not in it.
WARM = Duration(9.4e-3, 19.1e-3)
COLD = Duration(0.973, 0.990)
