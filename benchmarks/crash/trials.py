"""Which trials there are, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from benchmarks.crash.boundaries import Boundary, Deadline

_NEVER = Deadline()


@dataclass(frozen=True)
class Kill:
    """When a run is killed: at a call that changes files, or after some seconds.

    `boundary` is what that call was when nothing was killed.
    """

    deadline: Deadline = _NEVER
    boundary: Boundary | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        if self.seconds is not None:
            return f"after {self.seconds:.3f} s"
        side = "in the middle of" if self.deadline.half else "before"
        return f"{side} call {self.deadline.at} ({self.boundary})"


@dataclass(frozen=True)
class Trial:
    """A scenario whose step is killed as often as there are kills, then run to its end."""

    scenario: str
    kills: tuple[Kill, ...]

    def __str__(self) -> str:
        return f"{self.scenario}, killed {', then '.join(map(str, self.kills))}"


@dataclass
class Outcome:
    """What came of a trial.

    `killed` counts the kills that came before the run's own end. `lost` counts photos that were
    stored before a kill and are not described after it; `problems` are all other defects of what
    a kill left, `unfinished` those of what the whole run after it left.
    """

    trial: Trial
    killed: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        return not (self.lost or self.problems or self.unfinished)

    def lines(self) -> list[str]:
        """What went wrong, a line each."""
        lost = [f"{self.lost} photos lost"] if self.lost else []
        after = [f"after the next run: {line}" for line in self.unfinished]
        return [*self.problems, *lost, *after]

    def __str__(self) -> str:
        return "\n    ".join([f"{self.trial}:", *self.lines()])


@dataclass(frozen=True)
class Course:
    """What a step does when nothing kills it: its calls, and how long it takes."""

    boundaries: tuple[Boundary, ...]
    seconds: float


def plan(courses: Mapping[str, Course], count: int, seed: int = 0) -> list[Trial]:
    """So many trials: every call once, as far as that goes, then calls that are cut in half.

    In a twentieth of them the kill comes at a random moment instead, in another one twice.
    """
    random, others = Random(seed), count // 20
    before = [trial for name in courses for trial in every_call(name, courses[name])]
    amid = [trial for name in courses for trial in every_write(name, courses[name])]
    at_calls = count - 2 * others
    whole = len(before) if len(before) <= at_calls else at_calls * 2 // 3
    return [
        *_some(before, whole, random),
        *_some(amid, at_calls - whole, random),
        *(_killed_twice(courses, random) for _ in range(others)),
        *(_killed_sometime(courses, random) for _ in range(others)),
    ]


def every_call(scenario: str, course: Course) -> list[Trial]:
    """A trial for each call that changes files, killed just before it."""
    places = range(1, len(course.boundaries) + 1)
    return [Trial(scenario, (_kill(course, place),)) for place in places]


def every_write(scenario: str, course: Course) -> list[Trial]:
    """A trial for each call that writes content, killed when half of it is written."""
    return [
        Trial(scenario, (_kill(course, place, half=True),))
        for place, boundary in enumerate(course.boundaries, 1)
        if boundary.call == "write"
    ]


def _kill(course: Course, place: int, half: bool = False) -> Kill:
    return Kill(Deadline(place, half), course.boundaries[place - 1])


def _some(trials: list[Trial], count: int, random: Random) -> list[Trial]:
    places = random.sample(range(len(trials)), min(count, len(trials)))
    return [trials[place] for place in sorted(places)]


def _killed_twice(courses: Mapping[str, Course], random: Random) -> Trial:
    """The run that goes on after a kill has less to do, so it is killed earlier."""
    name = random.choice(list(courses))
    calls = len(courses[name].boundaries)
    places = (random.randint(1, calls), random.randint(1, calls // 2))
    return Trial(name, tuple(_kill(courses[name], place) for place in places))


def _killed_sometime(courses: Mapping[str, Course], random: Random) -> Trial:
    name = random.choice(list(courses))
    return Trial(name, (Kill(seconds=random.uniform(0, courses[name].seconds)),))
