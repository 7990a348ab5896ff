"""What is simulated: demands, and the ways to meet them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from benchmarks.serverless.app import App, Outcome
from benchmarks.serverless.bill import Bill, Prices, bill
from benchmarks.serverless.demand import Rate, arrivals, day, steady, surge
from benchmarks.serverless.durations import WARM
from benchmarks.serverless.limits import Limits, server

DAY = 24 * 3600.0
_BUSY = 0.7
"""Share of a server's time that is used at the highest rate: more lets requests wait."""
_CORES = 2


@dataclass(frozen=True)
class Demand:
    """Requests over some seconds of simulated time; nothing runs before them."""

    name: str
    rate: Rate
    highest: float
    seconds: float
    lasting: bool = True
    """Whether a month of it makes sense."""


@dataclass(frozen=True)
class Way:
    """A function app with instances always ready, or a fixed number of servers."""

    name: str
    limits: Limits
    always: int = 0
    servers: bool = False


@dataclass(frozen=True)
class Result:
    demand: Demand
    way: Way
    outcome: Outcome
    bill: Bill

    def month(self, prices: Prices) -> float:
        """Dollars."""
        if self.way.servers:
            return self.way.always * prices.server_hour * 30 * 24
        return self.bill.month(prices)


def demands(scale: float = 1.0) -> list[Demand]:
    """Each long enough for some hundred requests at least; `scale` shortens them."""
    lengths = {0.1: 7200, 1: 1200, 10: 300, 100: 120, 1000: 60, 10000: 60}
    half = 60 * scale
    return [
        *[Demand(f"{r:,g}/s", steady(r), r, s * scale) for r, s in lengths.items()],
        Demand("a day, 1/s on average", day(1, DAY * scale), 1.9, DAY * scale),
        Demand("10/s, then 1,000/s", surge(10, 1000, half), 1000, 2 * half, lasting=False),
        Demand("1,000/s, then 10/s", surge(1000, 10, half), 1000, 2 * half, lasting=False),
    ]


def ways(demand: Demand) -> list[Way]:
    """On demand, with two instances always ready, and as many servers as its peak needs."""
    flex = Limits()
    number = max(1, ceil(demand.highest * WARM.mean / (_CORES * _BUSY)))
    fixed = server(_CORES)
    return [
        Way("on demand", flex),
        Way("2 always ready", flex, always=2),
        Way(f"{number} server{'s' * (number > 1)}", fixed.only(number), number, servers=True),
    ]


def simulate(demand: Demand, way: Way, seed: int = 0) -> Result:
    random = np.random.default_rng(seed)
    times = arrivals(demand.rate, demand.seconds, demand.highest, random)
    outcome = App(way.limits, random, way.always).run(times, demand.seconds)
    return Result(demand, way, outcome, bill(outcome, way.limits, demand.seconds, way.always))
