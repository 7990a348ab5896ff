"""What is asked for: how many photos and queries, on which machines, at which prices."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from wordsight.errors import PlanError
from wordsight.planning.rates import BANDWIDTH, BUSY, DESCRIBED

_MOST = 1e15
"""Photos, queries a second: far above what anybody has, far below where floats lose ones."""


@dataclass(frozen=True)
class Demand:
    """Raises `PlanError` where a number is impossible."""

    photos: float
    qps: float = 1.0
    """Queries a second, at the busiest time."""
    new_per_day: float = 0.0
    within_days: float = 30.0
    """For describing the photos there are."""
    photo_mb: float = 0.0
    """Stored beside the library, on average; 0: they stay where they are."""

    def __post_init__(self) -> None:
        _check_numbers(self)
        _at_least("photos", self.photos, 1)
        if self.photos != int(self.photos):
            raise PlanError(f"--photos must be a whole number, not {self.photos:g}")
        _above_nothing("within-days", self.within_days)


@dataclass(frozen=True)
class Machine:
    """One kind of machine for all work. Raises `PlanError` where a number is impossible."""

    cores: float = 16.0
    memory_gb: float = 32.0
    described: float = DESCRIBED.value
    """Photos a second, a core."""
    bandwidth_gb: float = BANDWIDTH.value / 1e9
    """Memory read a second by all cores together."""
    busy: float = BUSY.value
    """Share of the time at most, at the busiest time."""

    def __post_init__(self) -> None:
        _check_numbers(self)
        _at_least("cores", self.cores, 1)
        _at_least("memory-gb", self.memory_gb, 0.5)
        _above_nothing("described", self.described)
        _above_nothing("bandwidth-gb", self.bandwidth_gb)
        _above_nothing("busy", self.busy)
        if self.busy > 1:
            raise PlanError(f"--busy is a share of the time, from 0 to 1, not {self.busy:g}")


@dataclass(frozen=True)
class Prices:
    """In any currency. None has a default: what a core costs depends on contract, place and day."""

    core_hour: float | None = None
    gb_month: float | None = None

    def __post_init__(self) -> None:
        _check_numbers(self)


def _check_numbers(given: Demand | Machine | Prices) -> None:
    for field in fields(given):
        value = getattr(given, field.name)
        if value is not None and not 0 <= value <= _MOST:  # nor NaN
            shown = "a number" if math.isnan(value) else f"from 0 to {_MOST:g}"
            raise PlanError(f"--{field.name.replace('_', '-')} must be {shown}, not {value:g}")


def _at_least(name: str, value: float, least: float) -> None:
    if value < least:
        raise PlanError(f"--{name} must be {least:g} or more, not {value:g}")


def _above_nothing(name: str, value: float) -> None:
    if value <= 0:
        raise PlanError(f"--{name} must be more than 0")
