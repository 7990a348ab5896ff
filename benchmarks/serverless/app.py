"""A function app in simulated time: instances start when requests wait, and go when idle.

Requests wait in one queue before all instances. An instance takes as many at a time as the app's
concurrency says; its cores work on them one after the other. Once a second the platform starts as
many instances as those that wait or are worked on would fill, within its limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import simpy

from benchmarks.serverless.durations import COLD, WARM, Duration
from benchmarks.serverless.limits import Limits

Process = Generator[simpy.Event, Any, None]
Period = tuple[float, float]
"""From and until, in seconds of simulated time."""
_LOOK = 1.0
"""Seconds between two looks of whatever scales."""
_BLOCK = 4096


@dataclass(eq=False)
class Instance:
    """Busy from its first request in to its last one out; that is what is billed."""

    always: bool
    cores: simpy.Resource
    ready: float | None = None
    """Since when."""
    inside: int = 0
    since: float = 0.0
    """When it became busy, or idle."""
    periods: list[Period] = field(default_factory=list)


@dataclass
class Outcome:
    """Of one run. Arrays have shape (requests,), seconds, in order of finishing."""

    came: np.ndarray
    took: np.ndarray
    cold: np.ndarray
    """Whether the instance that answered was not ready when the request came."""
    instances: np.ndarray
    """Shape (looks,): how many there were, each second."""
    periods: list[list[Period]]
    """Busy ones, of each instance on demand, in order."""
    always_periods: list[list[Period]]
    """And of those that are always ready."""
    refused: int = 0
    """Requests that too many waited before."""


class App:
    """Simulates requests that come at given times.

    Args:
        always: instances that are ready from the beginning and never go; where the limits allow
            no more (`most_instances` equal to it), these are a fixed number of servers.
    """

    def __init__(
        self,
        limits: Limits,
        random: np.random.Generator,
        always: int = 0,
        warm: Duration = WARM,
        cold: Duration = COLD,
    ) -> None:
        self._limits = limits
        self._random = random
        self._warm = warm
        self._cold = cold
        self._time = simpy.Environment()
        self._waiting: deque[float] = deque()
        self._alive: list[Instance] = []
        self._all: list[Instance] = []
        self._done: list[tuple[float, float, bool]] = []
        self._refused = 0
        self._counted: list[int] = []
        self._drawn: list[float] = []
        for _ in range(always):
            self._add(always=True).ready = 0.0

    def run(self, times: np.ndarray, seconds: float) -> Outcome:
        """Until the time is over and every request answered."""
        self._time.process(self._come(times))
        self._time.process(self._scale(seconds, len(times)))
        self._time.run()
        for one in self._alive:
            if one.inside:
                one.periods.append((one.since, self._time.now))
        done = np.array(self._done).reshape(-1, 3)
        return Outcome(
            came=done[:, 0],
            took=done[:, 1],
            cold=done[:, 2].astype(bool),
            instances=np.array(self._counted),
            periods=[one.periods for one in self._all if not one.always],
            always_periods=[one.periods for one in self._all if one.always],
            refused=self._refused,
        )

    def _come(self, times: np.ndarray) -> Process:
        for time in times:
            yield self._time.timeout(time - self._time.now)
            if len(self._waiting) >= self._limits.most_waiting * len(self._alive):
                self._refused += 1
                continue
            self._waiting.append(self._time.now)
            self._hand_out()

    def _scale(self, seconds: float, expected: int) -> Process:
        while self._time.now < seconds or len(self._done) + self._refused < expected:
            self._remove_idle()
            inside = sum(one.inside for one in self._alive)
            wanted = ceil((len(self._waiting) + inside) / self._limits.concurrency)
            missing = min(wanted, self._limits.ceiling) - len(self._alive)
            for _ in range(min(missing, self._limits.started_a_second)):
                self._time.process(self._start())
            self._counted.append(len(self._alive))
            yield self._time.timeout(_LOOK)

    def _remove_idle(self) -> None:
        for one in list(self._alive):
            idle = one.ready is not None and not one.inside and not one.always
            if idle and self._time.now - one.since >= self._limits.idle_seconds:
                self._alive.remove(one)

    def _add(self, always: bool = False) -> Instance:
        cores = simpy.Resource(self._time, max(1, int(self._limits.cores)))
        one = Instance(always, cores, since=self._time.now)
        self._alive.append(one)
        self._all.append(one)
        return one

    def _start(self) -> Process:
        one = self._add()
        yield self._time.timeout(float(self._cold.draw(self._random, 1)[0]))
        one.ready = one.since = self._time.now
        self._hand_out()

    def _hand_out(self) -> None:
        """Those that wait longest go to the instance with the least inside."""
        while self._waiting:
            ready = [one for one in self._alive if one.ready is not None]
            least = min(ready, key=lambda one: one.inside, default=None)
            if least is None or least.inside >= self._limits.concurrency:
                return
            self._time.process(self._answer(least, self._waiting.popleft()))
            least.inside += 1
            if least.inside == 1:
                least.since = self._time.now

    def _answer(self, one: Instance, came: float) -> Process:
        cold = one.ready is not None and came < one.ready
        with one.cores.request() as core:
            yield core
            yield self._time.timeout(self._service())
        self._done.append((came, self._time.now - came, cold))
        one.inside -= 1
        if not one.inside:
            one.periods.append((one.since, self._time.now))
            one.since = self._time.now
        self._hand_out()

    def _service(self) -> float:
        """A part of a core takes longer in proportion."""
        if not self._drawn:
            self._drawn = self._warm.draw(self._random, _BLOCK).tolist()
        return self._drawn.pop() / min(1.0, self._limits.cores)
