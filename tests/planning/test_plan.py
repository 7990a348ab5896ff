"""Costs grow as they should, and what was measured comes out as it was measured."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordsight.errors import PlanError
from wordsight.planning.demand import Demand, Machine, Prices
from wordsight.planning.index_costs import (
    bytes_read,
    compare_seconds,
    fit_seconds,
    search_seconds,
)
from wordsight.planning.plan import Plan, photos_a_machine, plan
from wordsight.planning.rates import INDEXES

PRICES = Prices(core_hour=0.05, gb_month=0.1)
PART = photos_a_machine(Machine())

photos = st.integers(1, 10**11) | st.builds(
    lambda parts, more: max(1, parts * PART + more), st.integers(0, 40), st.integers(-2, 2)
)
amounts = st.floats(0, 1e6)


def figures(told: Plan) -> list[float]:
    """Everything that must not fall when more is asked."""
    work, index, serving, storage = told.describing, told.indexing, told.serving, told.storage
    bought = [work.core_hours, work.machines, work.new_core_hours_a_day, work.new_machines]
    bought += [index.parts, index.core_hours, index.hours, index.memory_gb]
    bought += [
        index.comparing_core_hours,
        index.new_core_hours_a_day,
        serving.machines,
        serving.copies,
        serving.query_ms,
    ]
    return [*bought, storage.total_gb, *astuple(told.cost)]


def never_less(less: Plan, more: Plan) -> bool:
    pairs = zip(figures(less), figures(more), strict=True)
    return all(low <= high * (1 + 1e-9) for low, high in pairs)


@given(photos, photos, amounts)
def test_more_photos_never_cost_less(one: int, other: int, qps: float) -> None:
    less, more = sorted((one, other))
    assert never_less(
        plan(Demand(less, qps), prices=PRICES), plan(Demand(more, qps), prices=PRICES)
    )


@given(photos)
def test_one_photo_more_never_costs_less(number: int) -> None:
    less, more = (plan(Demand(n, 1000.0), prices=PRICES) for n in (number, number + 1))
    assert never_less(less, more)


@given(photos, amounts, amounts)
def test_more_queries_never_cost_less(number: int, one: float, other: float) -> None:
    less, more = (plan(Demand(number, qps), prices=PRICES) for qps in sorted((one, other)))
    assert never_less(less, more)


@given(photos, amounts, amounts)
def test_more_new_photos_never_cost_less(number: int, one: float, other: float) -> None:
    less, more = (
        plan(Demand(number, new_per_day=new), prices=PRICES) for new in sorted((one, other))
    )
    assert never_less(less, more)


@given(photos, amounts)
def test_machines_suffice(number: int, qps: float) -> None:
    """By the definition, not by the code's own divisions."""
    machine = Machine()
    told = plan(Demand(number, qps), machine)
    assert told.indexing.parts * PART >= number
    read = qps * bytes_read(told.indexing.largest_part) / told.serving.copies
    assert read <= machine.bandwidth_gb * 1e9 * machine.busy * (1 + 1e-9)
    worked = told.describing.machines * machine.cores * machine.described * 30 * 86_400
    assert worked >= number * (1 - 1e-9)


@pytest.mark.parametrize("known", INDEXES)
def test_measured_sizes_cost_what_was_measured(known: object) -> None:
    size = next(one for one in INDEXES if one is known)
    assert fit_seconds(size.photos) == pytest.approx(size.fit_seconds)
    assert search_seconds(size.photos) == pytest.approx(size.search_seconds)
    assert bytes_read(size.photos) == pytest.approx(size.bytes_read)


def test_few_photos_are_compared_with_all_and_many_in_groups() -> None:
    assert compare_seconds(1000, 1000) == pytest.approx(1000 * 1000 / 2 / 25e6)
    assert compare_seconds(250_000, 250_000) == pytest.approx(238 + 30, rel=0.01)
    alone = sum(compare_seconds(1000, 62.5e6) for _ in range(1000))
    assert compare_seconds(1e6, 62.5e6) < alone / 10


def test_no_jump_where_calculating_begins() -> None:
    largest = INDEXES[-1].photos
    for cost in (fit_seconds, search_seconds, bytes_read):
        assert cost(largest + 1) == pytest.approx(cost(largest), rel=1e-3)


def test_a_billion_is_what_the_page_says() -> None:
    """docs/scale.md: 16 machines, some 20 ms, 5 hours a machine for fitting."""
    told = plan(Demand(1e9, qps=1))
    assert told.indexing.parts == 16
    assert told.serving.search_machines == 16
    assert search_seconds(62.5e6) == pytest.approx(20e-3, rel=0.1)
    assert told.indexing.hours == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        (lambda: Demand(0), "--photos"),
        (lambda: Demand(float("nan")), "--photos"),
        (lambda: Demand(float("inf")), "--photos"),
        (lambda: Demand(1.5), "--photos"),
        (lambda: Demand(1, qps=-1), "--qps"),
        (lambda: Demand(1, new_per_day=-1), "--new-per-day"),
        (lambda: Demand(1, within_days=0), "--within-days"),
        (lambda: Machine(cores=0), "--cores"),
        (lambda: Machine(memory_gb=0.1), "--memory-gb"),
        (lambda: Machine(described=0), "--described"),
        (lambda: Machine(busy=1.1), "--busy"),
        (lambda: Machine(bandwidth_gb=0), "--bandwidth-gb"),
        (lambda: Prices(core_hour=-1), "--core-hour"),
    ],
)
def test_impossible_numbers_are_refused_by_name(wrong: object, option: str) -> None:
    assert callable(wrong)
    with pytest.raises(PlanError, match=option):
        wrong()
