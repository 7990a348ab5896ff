"""The simulation agrees with queueing theory where there is one, and keeps to its limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import factorial

import numpy as np
import pytest
from benchmarks.serverless.app import App, Outcome
from benchmarks.serverless.demand import arrivals, steady, surge
from benchmarks.serverless.durations import Duration
from benchmarks.serverless.limits import Limits


@dataclass(frozen=True)
class Exponential(Duration):
    def draw(self, random: np.random.Generator, number: int) -> np.ndarray:
        return random.exponential(self.p50, number)


def run(rate: object, highest: float, seconds: float, limits: Limits, **rest: object) -> Outcome:
    random = np.random.default_rng(0)
    times = arrivals(rate, seconds, highest, random)  # type: ignore[arg-type]
    return App(limits, random, **rest).run(times, seconds)  # type: ignore[arg-type]


def erlang_c(load: float, servers: int) -> float:
    """Share of those that wait."""
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / factorial(k) for k in range(servers)) + last)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (3, 2.4)])
def test_fixed_servers_wait_as_erlang_says(servers: int, load: float) -> None:
    service = Exponential(0.01, 0.01)
    fixed = Limits(concurrency=1, most_instances=servers)
    told = run(steady(load / 0.01), load / 0.01, 200, fixed, always=servers, warm=service)
    wait = erlang_c(load, servers) * 0.01 / (servers - load)
    assert told.took.mean() == pytest.approx(0.01 + wait, rel=0.08)
    assert not told.cold.any()


def test_every_request_is_answered_once_and_in_time_order() -> None:
    told = run(surge(5, 300, 10), 300, 20, Limits())
    times = arrivals(surge(5, 300, 10), 20, 300, np.random.default_rng(0))
    assert np.allclose(np.sort(told.came), times)
    assert (told.took > 0).all()


def test_instances_never_pass_the_limit() -> None:
    told = run(steady(500), 500, 5, Limits(concurrency=1, most_instances=3))
    assert told.instances.max() == 3


def test_the_first_wait_for_a_start_and_always_ready_ones_do_not() -> None:
    cold = Duration(2.0, 2.1)
    none = run(steady(20), 20, 30, Limits(), cold=cold)
    kept = run(steady(20), 20, 30, Limits(), cold=cold, always=2)
    assert none.took[none.cold].max() > 1
    assert none.cold[np.argmin(none.came)]
    assert not kept.cold.any()


def test_idle_instances_go() -> None:
    limits = replace(Limits(), idle_seconds=5)
    told = run(surge(200, 0, 5), 200, 60, limits)
    assert told.instances[:10].max() > 0
    assert told.instances[-1] == 0
