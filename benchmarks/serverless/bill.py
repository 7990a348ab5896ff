"""What a run is billed for, in the plan's own units, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from benchmarks.serverless.app import Outcome, Period
from benchmarks.serverless.limits import Limits

MONTH = 30 * 24 * 3600.0
"""Seconds."""


@dataclass(frozen=True)
class Prices:
    """US dollars, East US, as others quote them: to be replaced by your own, from Azure's pricing
    pages, which could not be read here.

    On demand by modal.com/blog/azure-function-pricing-guide (2025-05-22); a server of 2 cores and
    8 GB (D2s_v5) by c3x.dev/blog/azure-vm-types-compared (June 2026); executions, always ready
    instances and the monthly grant as several public cost tables have them, all alike.
    """

    on_demand_gb_s: float = 0.000026
    always_busy_gb_s: float = 0.000016
    always_kept_gb_s: float = 0.000004
    execution: float = 0.40e-6
    granted_gb_s: float = 100_000
    granted_executions: float = 250_000
    server_hour: float = 0.096


@dataclass(frozen=True)
class Bill:
    """Of a time in seconds. Memory is billed as set for the app, whatever is used of it."""

    seconds: float
    on_demand_gb_s: float
    always_busy_gb_s: float
    always_kept_gb_s: float
    """The baseline: always ready instances, busy or not."""
    executions: int

    def month(self, prices: Prices) -> float:
        """Dollars, if it went on so for 30 days. The grant is for what runs on demand alone."""
        times = MONTH / self.seconds
        on_demand, executions = times * self.on_demand_gb_s, times * self.executions
        if not self.always_kept_gb_s:
            on_demand = max(0.0, on_demand - prices.granted_gb_s)
            executions = max(0.0, executions - prices.granted_executions)
        always = self.always_busy_gb_s * prices.always_busy_gb_s
        always += self.always_kept_gb_s * prices.always_kept_gb_s
        return on_demand * prices.on_demand_gb_s + times * always + executions * prices.execution


def bill(outcome: Outcome, limits: Limits, seconds: float, always: int) -> Bill:
    """For `seconds` of simulated time."""
    return Bill(
        seconds=seconds,
        on_demand_gb_s=_billed(outcome.periods, limits) * limits.memory_gb,
        always_busy_gb_s=_billed(outcome.always_periods, limits) * limits.memory_gb,
        always_kept_gb_s=always * seconds * limits.memory_gb,
        executions=len(outcome.took),
    )


def _billed(instances: list[list[Period]], limits: Limits) -> float:
    return sum(_billed_of_one(periods, limits) for periods in instances)


def _billed_of_one(periods: list[Period], limits: Limits) -> float:
    """Seconds. A busy period counts a second at least, then in steps; what begins within the time
    that is billed already prolongs it: read so, since the documentation leaves it open."""
    total = 0.0
    begun = paid = -1.0
    for start, end in periods:
        if start > paid:
            total += paid - begun
            begun = paid = start
        steps = ceil(round((end - begun) / limits.billed_step, 6))
        paid = max(paid, begun + max(limits.least_billed, steps * limits.billed_step))
    return total + paid - begun
