"""The study's ways to meet demands, what they cost, and its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.serverless.app import App
from benchmarks.serverless.bill import Bill, Prices
from benchmarks.serverless.demand import arrivals, day, steady
from benchmarks.serverless.durations import WARM
from benchmarks.serverless.limits import Limits, server
from benchmarks.serverless.report import run
from benchmarks.serverless.study import Demand, demands, simulate, ways


def test_a_server_refuses_whom_it_cannot_let_wait() -> None:
    random = np.random.default_rng(0)
    times = arrivals(steady(1000), 5, 1000, random)
    told = App(server().only(1), random, always=1).run(times, 5)
    assert told.refused + len(told.took) == len(times)
    answered = 5 * 2 / WARM.mean  # by two cores that are never idle
    assert len(told.took) == pytest.approx(answered + 128, rel=0.05)
    assert told.took.max() < 2 * (128 + 2) / 2 * WARM.mean
    nobody = App(replace(server(), most_waiting=np.inf).only(1), random, always=1).run(times, 5)
    assert nobody.refused == 0


def test_the_mean_is_that_of_what_is_drawn() -> None:
    drawn = WARM.draw(np.random.default_rng(0), 200_000)
    assert drawn.mean() == pytest.approx(WARM.mean, rel=0.01)
    assert np.percentile(drawn, [50, 99]) == pytest.approx([WARM.p50, WARM.p99], rel=0.03)


def test_there_are_as_many_servers_as_the_peak_keeps_busy() -> None:
    for demand in demands():
        way = ways(demand)[-1]
        busy = demand.highest * WARM.mean / (2 * way.always)
        assert busy <= 0.7
        assert way.always == 1 or demand.highest * WARM.mean / (2 * (way.always - 1)) > 0.7


def test_a_month_on_demand_is_less_what_is_granted() -> None:
    bill = Bill(30 * 24 * 3600, 150_000, 0, 0, 1_250_000)
    assert bill.month(Prices()) == pytest.approx(50_000 * 0.000026 + 1 * 0.40)
    kept = replace(bill, always_kept_gb_s=1_000_000, always_busy_gb_s=10_000)
    always = 1_000_000 * 0.000004 + 10_000 * 0.000016
    assert kept.month(Prices()) == pytest.approx(150_000 * 0.000026 + always + 1.25 * 0.40)
    assert replace(bill, on_demand_gb_s=10).month(Prices(execution=0)) == 0


def test_a_longer_time_at_the_same_rate_costs_the_same() -> None:
    short, long = (
        simulate(Demand("", steady(5), 5, seconds), ways(Demand("", steady(5), 5, seconds))[0])
        for seconds in (400, 1600)
    )
    assert short.month(Prices()) == pytest.approx(long.month(Prices()), rel=0.15)


def test_a_day_has_the_mean_that_is_asked_for() -> None:
    times = arrivals(day(1, 10_000), 10_000, 1.9, np.random.default_rng(0))
    assert len(times) == pytest.approx(10_000, rel=0.05)
    middle = (times > 4000) & (times < 6000)
    assert middle.sum() > 5 * ((times < 1000) | (times > 9000)).sum()


def test_the_page_tells_every_demand_and_draws(tmp_path: Path) -> None:
    text = run(scale=0.002, picture=tmp_path / "study.svg")
    for demand in demands():
        assert text.count(f"| {demand.name} |") == 3
    assert "<svg" in (tmp_path / "study.svg").read_text()
    assert Limits().ceiling == 250
