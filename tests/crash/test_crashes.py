"""Killed anywhere, a library loses nothing that was stored, and the next run completes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.crash.boundaries import possible
from benchmarks.crash.harness import Harness, zygotes
from benchmarks.crash.trials import Course, Outcome, Trial, every_call, plan
from benchmarks.crash.zygote import Zygote

pytestmark = pytest.mark.skipif(not possible(), reason="needs Linux and a C compiler")

SABOTAGES = "tests.crash.sabotages"


@pytest.fixture(scope="module")
def workers() -> Iterator[list[Zygote]]:
    with zygotes(os.cpu_count() or 1) as made:
        yield made


def bad(outcomes: list[Outcome]) -> list[str]:
    return [str(outcome) for outcome in outcomes if not outcome.fine]


def places(course: Course, call: str, path: str) -> list[int]:
    """Of such calls, counted from 1."""
    return [
        place
        for place, boundary in enumerate(course.boundaries, 1)
        if boundary.call == call and boundary.path.endswith(path)
    ]


@pytest.mark.slow
def test_a_hundred_kills_cost_nothing_but_the_batch_in_flight(
    workers: list[Zygote], tmp_path: Path
) -> None:
    harness = Harness(tmp_path, workers)
    outcomes = list(harness.run(plan(harness.courses, 100)))
    assert bad(outcomes) == []
    assert len(outcomes) == 100
    assert sum(outcome.killed for outcome in outcomes) > 90
    assert {outcome.trial.scenario for outcome in outcomes} == set(harness.courses)


def test_killed_around_the_switch_of_snapshots_nothing_is_wrong(
    workers: list[Zygote], tmp_path: Path
) -> None:
    name = "more photos"
    harness = Harness(tmp_path, workers, [name])
    trials = every_call(name, harness.courses[name])
    switch = places(harness.courses[name], "rename", "CURRENT")[-1]
    outcomes = list(harness.run([trials[switch - 1], trials[switch]]))
    assert bad(outcomes) == []
    assert [outcome.killed for outcome in outcomes] == [1, 1]


@pytest.mark.parametrize(
    ("sabotage", "call", "path", "expected"),
    [
        ("point_too_soon", "rename", "CURRENT", "is damaged"),
        ("describe_in_two_steps", "sync", "catalog.db-wal", "without exactly one caption"),
        ("tell_too_soon", "sync", "catalog.db-wal", "photos lost"),
        ("leave_litter", "write", "manifest.json", "File exists"),
    ],
)
def test_what_only_a_kill_shows_is_found(
    workers: list[Zygote], tmp_path: Path, sabotage: str, call: str, path: str, expected: str
) -> None:
    name = "first indexing"
    harness = Harness(tmp_path, workers, [name], f"{SABOTAGES}:{sabotage}")
    trials = every_call(name, harness.courses[name])
    course = harness.courses[name]
    chosen = [place + 3 for place in places(course, call, path)]  # well inside what is left open
    half = len(chosen) // 2  # the first half of a run is mostly preparation
    later_first = [trials[place - 1] for place in chosen[half:] + chosen[:half] if trials[place:]]
    assert any(expected in line for line in found(harness, later_first))


def found(harness: Harness, trials: list[Trial]) -> Iterator[str]:
    """One by one, so that the first is enough."""
    for trial in trials:
        yield from bad(list(harness.run([trial])))
