"""What the processes of a trial do: prepare a library, run a step, look at what is left."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.crash.boundaries import Deadline, armed
from benchmarks.crash.fake_models import fake_models
from benchmarks.crash.look import look
from benchmarks.crash.scenarios import SCENARIOS
from wordsight.indexing import Progress
from wordsight.library import Library

Tell = Callable[[int], None]


def prepare(_tell: Tell, scenario: str, photos: str, library: str) -> None:
    SCENARIOS[scenario].prepare(Path(photos), Path(library))


def step(
    tell: Tell,
    scenario: str,
    photos: str,
    library: str,
    at: int = 0,
    half: bool = False,
    again: bool = False,
    log: str | None = None,
    sabotage: str | None = None,
) -> None:
    """Run the scenario's step, and tell how many files are left after each stored batch.

    Args:
        tell: is given that number.
        scenario, photos, library: what to run, and where.
        at, half: as in `Deadline`.
        again: whether the step was killed before.
        log: file for the calls that change files.
        sabotage: `module:function` that breaks wordsight first.
    """

    def watch(progress: Progress) -> None:
        if progress.stage == "describe":
            tell(progress.total - progress.done)

    chosen = SCENARIOS[scenario]
    if sabotage:
        module, _, name = sabotage.partition(":")
        getattr(importlib.import_module(module), name)()
    with (
        armed(Deadline(at, half), Path(log) if log else None),
        Library(library, fake_models(chosen.models)) as opened,
    ):
        (chosen.go_on if again else chosen.step)(opened, Path(photos), watch)


def examine(_tell: Tell, scenario: str, library: str) -> dict[str, object]:
    return asdict(look(Path(library), fake_models(SCENARIOS[scenario].models)))
