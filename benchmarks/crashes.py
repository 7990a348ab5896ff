"""What a kill costs.

A process that indexes is killed (SIGKILL) just before each call that changes a file, in the
middle of its writes, at random moments, and a second time while it goes on. After each kill the
library must open, find all it has stored, and be consistent (`wordsight.consistency`); the next
run must bring it to where a run that nobody killed does.

Photos, SQLite and snapshots are real, the models are made up and batches small, so that a run has
many boundaries in little time.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.crash.harness import Harness, zygotes
from benchmarks.crash.trials import Course, Outcome, plan
from benchmarks.measure import table

_HEADER = [
    "killed while",
    "calls that change files",
    "of them killed at",
    "trials",
    "kills",
    "trials with problems",
    "photos lost beyond the batch in flight",
    "unfinished next runs",
]
_NUMBERS = re.compile(r"\d+|[0-9a-f]{12,}")


def run(trials: int = 2000, seed: int = 0) -> str:
    """The table, in Markdown."""
    with tempfile.TemporaryDirectory() as folder, zygotes(os.cpu_count() or 1) as workers:
        harness = Harness(Path(folder), workers)
        outcomes = list(harness.run(plan(harness.courses, trials, seed)))
    rows = [_row(name, course, outcomes) for name, course in harness.courses.items()]
    about = (__doc__ or "").strip().split("\n\n", 1)[1]
    bad = [outcome for outcome in outcomes if not outcome.fine]
    return "\n".join(["## Crashes", "", about, "", table(_HEADER, rows), *_told(bad)])


def _row(name: str, course: Course, all_outcomes: Sequence[Outcome]) -> list[str]:
    outcomes = [outcome for outcome in all_outcomes if outcome.trial.scenario == name]
    places = {kill.deadline.at for outcome in outcomes for kill in outcome.trial.kills} - {0}
    counts = (
        len(course.boundaries),
        len(places),
        len(outcomes),
        sum(outcome.killed for outcome in outcomes),
        sum(bool(outcome.problems) for outcome in outcomes),
        sum(outcome.lost for outcome in outcomes),
        sum(bool(outcome.unfinished) for outcome in outcomes),
    )
    return [name, *map(str, counts)]


def _told(bad: Sequence[Outcome]) -> list[str]:
    """What went wrong, how often, and when for the first time."""
    if not bad:
        return []
    examples: dict[str, list[Outcome]] = {}
    for outcome in bad:
        for line in outcome.lines():
            examples.setdefault(_NUMBERS.sub("…", line), []).append(outcome)
    rows = [[what, str(len(seen)), str(seen[0].trial)] for what, seen in examples.items()]
    return ["", table(["what went wrong", "trials", "for example"], rows)]
