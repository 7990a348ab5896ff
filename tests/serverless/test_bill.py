"""Busy periods are billed as the plan says."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.serverless.app import Outcome, Period
from benchmarks.serverless.bill import bill
from benchmarks.serverless.limits import Limits

NONE = np.zeros(0)


@pytest.mark.parametrize(
    ("busy", "billed"),
    [
        ([(0, 0.008)], 1.0),
        ([(5, 6)], 1.0),
        ([(0, 1.01)], 1.1),
        ([(0, 0.2), (5, 7.3)], 3.3),
        ([(0, 0.2), (0.5, 0.6)], 1.0),
        ([(0, 0.2), (0.5, 1.42)], 1.5),
        ([], 0),
    ],
)
def test_a_second_at_least_then_steps(busy: list[Period], billed: float) -> None:
    told = bill(Outcome(NONE, NONE, NONE, NONE, [busy], []), Limits(memory_gb=2.0), 60, 0)
    assert told.on_demand_gb_s == pytest.approx(2 * billed)
    assert told.always_kept_gb_s == 0


def test_always_ready_ones_are_billed_idle_too() -> None:
    told = bill(Outcome(NONE, NONE, NONE, NONE, [], [[(0.0, 2.0)]]), Limits(memory_gb=2.0), 60, 3)
    assert told.always_kept_gb_s == 3 * 60 * 2
    assert told.always_busy_gb_s == 4
