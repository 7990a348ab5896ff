"""Runs trials: kill a step, look at what is left, run the step again to its end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from benchmarks.crash.boundaries import build, read_log
from benchmarks.crash.forks import Told
from benchmarks.crash.look import Look
from benchmarks.crash.scenarios import SCENARIOS
from benchmarks.crash.trials import Course, Kill, Outcome, Trial
from benchmarks.crash.zygote import Zygote

_NO_KILL = Kill()


@contextmanager
def zygotes(count: int) -> Iterator[list[Zygote]]:
    """So many processes to work in."""
    made: list[Zygote] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        preload = build(folder)
        try:
            for number in range(count):
                own = folder / str(number)
                own.mkdir()
                made.append(Zygote(preload, own))
            yield made
        finally:
            for zygote in made:
                zygote.close()


@dataclass(frozen=True)
class _Template:
    """A scenario's photos, and its library before and after a step that nothing killed."""

    photos: Path
    library: Path
    before: Look
    after: Look


class Harness:
    """Runs trials, once it has seen each scenario's step without a kill.

    Args:
        folder: an empty one to work in.
        workers: the processes to work in, as many as trials go on at a time.
        scenarios: of `SCENARIOS`.
        sabotage: `module:function` that breaks wordsight in every run, to see what is found.
    """

    def __init__(
        self,
        folder: Path,
        workers: Sequence[Zygote],
        scenarios: Iterable[str] = tuple(SCENARIOS),
        sabotage: str | None = None,
    ) -> None:
        self._folder = folder.resolve()
        self._sabotage = sabotage
        self._workers = len(workers)
        self._free: SimpleQueue[Zygote] = SimpleQueue()
        for zygote in workers:
            self._free.put(zygote)
        self._templates: dict[str, _Template] = {}
        self.courses: dict[str, Course] = {}
        for scenario in scenarios:
            self._learn(scenario)

    def run(self, trials: Sequence[Trial]) -> Iterator[Outcome]:
        """Outcomes, in the order of the trials."""
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(self._try, trials)

    def _learn(self, scenario: str) -> None:
        place = self._folder / scenario.replace(" ", "-")
        photos, library, kept = place / "photos", place / "library", place / "before"
        place.mkdir()
        with self._zygote() as zygote:
            where = {"scenario": scenario, "photos": str(photos), "library": str(library)}
            _ended_well(zygote.call("prepare", where))
            before = _look(zygote, scenario, library)
            _copy(library, kept)
            log = place / "log"
            step = zygote.call("step", {**where, "log": str(log), "sabotage": self._sabotage})
            after = _look(zygote, scenario, library)
        self._templates[scenario] = _Template(photos, kept, before, after)
        self.courses[scenario] = Course(tuple(read_log(log, library)), _ended_well(step).seconds)

    def _try(self, trial: Trial) -> Outcome:
        outcome, template = Outcome(trial), self._templates[trial.scenario]
        with self._zygote() as zygote:
            library = zygote.folder / "library"
            _copy(template.library, library)
            try:
                seen = self._kill(zygote, outcome, library)
                _ended_well(self._step(zygote, outcome, library))
                end = _look(zygote, trial.scenario, library)
                outcome.unfinished += _unfinished(template.after, seen, end)
            except WorkError as error:
                outcome.unfinished.append(str(error))
        return outcome

    def _kill(self, zygote: Zygote, outcome: Outcome, library: Path) -> Look:
        """Kill the step as often as is planned; returns what was seen last."""
        seen = self._templates[outcome.trial.scenario].before
        for kill in outcome.trial.kills:
            told = self._step(zygote, outcome, library, kill, again=outcome.killed > 0)
            if not told.killed:  # it ended before
                _ended_well(told)
                break
            outcome.killed += 1
            try:
                before, seen = seen, self._look_aside(zygote, outcome.trial, library)
            except WorkError as error:
                outcome.problems.append(f"it cannot be looked at: {error}")
                continue
            outcome.problems += seen.problems
            outcome.lost += _lost(before, seen, told)
        return seen

    def _step(
        self,
        zygote: Zygote,
        outcome: Outcome,
        library: Path,
        kill: Kill = _NO_KILL,
        again: bool = True,
    ) -> Told:
        """Run it, for the first time or `again`: after a kill, or where one came too late."""
        arguments = {
            "scenario": outcome.trial.scenario,
            "photos": str(self._templates[outcome.trial.scenario].photos),
            "library": str(library),
            "again": again,
            "sabotage": self._sabotage,
            **asdict(kill.deadline),
        }
        return zygote.call("step", arguments, kill.seconds)

    def _look_aside(self, zygote: Zygote, trial: Trial, library: Path) -> Look:
        """Look, and put back what the kill has left, for the next run to find."""
        left = library.with_name("left")
        _copy(library, left)
        try:
            return _look(zygote, trial.scenario, library)
        finally:
            _copy(left, library)

    @contextmanager
    def _zygote(self) -> Iterator[Zygote]:
        zygote = self._free.get()
        try:
            yield zygote
        finally:
            self._free.put(zygote)


class WorkError(Exception):
    """A piece of work raised, hung or died, though nothing was to kill it."""


def _ended_well(told: Told) -> Told:
    if told.error or told.killed:
        raise WorkError(told.error or "it was killed")
    return told


def _look(zygote: Zygote, scenario: str, library: Path) -> Look:
    told = _ended_well(zygote.call("examine", {"scenario": scenario, "library": str(library)}))
    return Look(**told.result)


def _lost(before: Look, seen: Look, told: Told) -> int:
    """Photos that were described before, or that the run said it had stored."""
    gone = len(before.described.keys() - seen.described.keys())
    return gone + (max(0, seen.waiting - told.left[-1]) if told.left else 0)


def _unfinished(expected: Look, seen: Look, end: Look) -> list[str]:
    """How a library differs from one that nothing had killed."""
    wanted, have = set(expected.content), set(end.content)
    due = {sha256: by for sha256, (by, _) in expected.described.items()}
    again = [
        sha256
        for sha256, (by, at) in seen.described.items()
        if by == due.get(sha256) and end.described.get(sha256) != [by, at]
    ]
    return [
        *end.problems,
        *end.behind,
        *(f"it lacks: {line}" for line in sorted(wanted - have)),
        *(f"it should not have: {line}" for line in sorted(have - wanted)),
        *(f"described again: {sha256}" for sha256 in again),
    ]


def _copy(library: Path, target: Path) -> None:
    """In place of what was there; the copy of nothing is nothing."""
    shutil.rmtree(target, ignore_errors=True)
    if library.exists():
        shutil.copytree(library, target)
