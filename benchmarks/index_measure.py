"""Measures one contestant: builds, tunes and asks it, each in a process of its own."""

from __future__ import annotations

import tempfile
import time
from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.apart import apart, memory
from benchmarks.index_contestant import Contestant
from benchmarks.index_truth import DEPTH, recall, recalls
from benchmarks.index_vectors import Corpus
from benchmarks.measure import seconds

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RECALLED = (1, 10, DEPTH)
_COUNT = 10
"""Results a timed query asks for."""
_WARM, _COUNTED = 50, 500
_CERTAINTY = 1.645
"""Standard errors that a mean recall shall be above the target: other queries reach it then with
a likelihood of 95 %."""
_SINGLE_EXACT, _SINGLE = 200, 2000


@dataclass(frozen=True)
class Asked:
    """Queries `[q, d]` and the scores of their true nearest `[q, DEPTH]`."""

    queries: Floats
    truth: Floats


@dataclass(frozen=True)
class Trial:
    """What is asked of every contestant at one size."""

    corpus: Corpus
    measured: Asked
    held_out: Asked
    target: float
    minutes: float
    """The most that building may take."""


@dataclass(frozen=True)
class Result:
    """What one contestant did.

    Memory and disk are in bytes, `compared` in vectors a query, `building` in processor seconds.
    """

    name: str
    vectors: int
    setting: str
    effort: int
    recalls: dict[int, float]
    compared: float
    centroids: float
    single: list[float]
    batch: float
    building: float
    building_memory: int
    memory: int
    mapped: int
    disk: int


def measure(contestant: Contestant, trial: Trial, workplace: Path) -> Result:
    """The contestant at the smallest effort that surely reaches the target on held-out queries.

    Raises:
        WorkFailedError: it is not installed, takes too long, or breaks.
    """
    with tempfile.TemporaryDirectory(dir=workplace) as name:
        folder = Path(name)
        build = partial(_build, contestant, trial.corpus, folder)
        building, peak = apart(build, trial.minutes)
        effort = apart(partial(_tune, contestant, trial, folder))
        queries = trial.measured.queries[: contestant.queries]
        found, told = apart(partial(_ask, contestant, folder, queries, effort))
        disk = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    truth = trial.measured.truth[: len(queries)]
    reached = {at: recall(trial.corpus, queries, found[at], truth, at) for at in RECALLED}
    return Result(
        name=contestant.name,
        vectors=len(trial.corpus),
        setting=contestant.setting,
        effort=effort,
        recalls=reached,
        building=building,
        building_memory=peak,
        disk=disk,
        **told,
    )


def _build(contestant: Contestant, corpus: Corpus, folder: Path) -> tuple[float, int]:
    """Seconds of processor time, of all threads, and bytes of memory."""
    import_module(contestant.library)
    before, began = memory()["VmRSS"], time.process_time()
    contestant.build(corpus, folder)
    return time.process_time() - began, memory()["VmHWM"] - before


def _tune(contestant: Contestant, trial: Trial, folder: Path) -> int:
    searcher, asked = contestant.open(folder), trial.held_out
    efforts = searcher.efforts
    if len(efforts) == 1:
        return efforts[0]

    def enough(effort: int) -> bool:
        found = searcher.search(asked.queries, _COUNT, effort)
        reached = recalls(trial.corpus, asked.queries, found, asked.truth, _COUNT)
        uncertain = _CERTAINTY * reached.std() / len(reached) ** 0.5
        return float(reached.mean() - uncertain) >= trial.target

    low, high = 0, 1
    while high < len(efforts) and not enough(efforts[high - 1]):
        low, high = high, 2 * high
    place = bisect_left(efforts, True, low, min(high, len(efforts)), key=enough)
    return efforts[min(place, len(efforts) - 1)]


def _ask(
    contestant: Contestant, folder: Path, queries: Floats, effort: int
) -> tuple[dict[int, Ids], dict[str, Any]]:
    """The rows found, by k, and the fields of `Result` that are known here."""
    import_module(contestant.library)
    before = memory()
    searcher = contestant.open(folder)
    most = _SINGLE if contestant.setting else _SINGLE_EXACT
    alone = [queries[i : i + 1] for i in range(min(len(queries), most))]
    for query in alone[:_WARM]:
        searcher.search(query, _COUNT, effort)
    single = [seconds(partial(searcher.search, query, _COUNT, effort))[0] for query in alone]
    after = memory()
    start = time.perf_counter()
    nearest = searcher.search(queries, _COUNT, effort)
    batch = (time.perf_counter() - start) / len(queries)
    compared, centroids = searcher.compared(queries[:_COUNTED], effort)
    found = {1: nearest, _COUNT: nearest, DEPTH: searcher.search(queries, DEPTH, effort)}
    return found, {
        "single": single,
        "batch": batch,
        "compared": compared,
        "centroids": centroids,
        "memory": after["VmRSS"] - before["VmRSS"],
        "mapped": after["RssFile"] - before["RssFile"],
    }
