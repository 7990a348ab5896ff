"""One engine's work in a process of its own, with its time and memory."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil

from benchmarks.apart import memory

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from wordsight.pipeline.local import Outcome

Files = Sequence[tuple[str, int]]
KINDS = ("driver", "java", "workers")
"""Of processes: this one, Java, and Python below it or below others."""

_FIRST = 48
_WARM = 1440
"""Photos that come before what is measured: until then Java is busy with compiling itself."""
_EVERY = 3.0
"""Seconds: looking at the memory of large processes takes time that theirs is compared with."""


@dataclass(frozen=True)
class Described:
    """Seconds until the first photos were described, photos a second, and by kind of process the
    most bytes of memory, and seconds of the processor a photo."""

    start: float
    rate: float
    memory: Counter[str]
    processor: Counter[str]


def describe(
    master: str | None, cores: Collection[int], files: Files, others: Sequence[int]
) -> Described:
    """By the local engine, or by Spark if there is a master; `others` lead processes of it. All
    that begins here is pinned to the cores, given by their numbers."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.sched_setaffinity(0, cores)
    began = time.perf_counter()
    with _watched(others) as most, _engine(master, len(cores)) as engine:
        first, warm, rest = files[:_FIRST], files[_FIRST:_WARM], files[_WARM:]
        _describe_all(engine(first), len(first))
        start = time.perf_counter() - began
        _describe_all(engine(warm), len(warm))
        before = _processor_now(others)
        seconds = _describe_all(engine(rest), len(rest))
        spent = _processor_now(others)
    each = Counter({kind: (spent[kind] - before[kind]) / len(rest) for kind in KINDS})
    return Described(start, len(rest) / seconds, most, each)


def driver_memory(master: str, count: int) -> tuple[float, int, int]:
    """Seconds, and the bytes that the driver has in Python at most and in Java at the end, with
    so many files that do not exist."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    began = time.perf_counter()
    with _session(master) as session, TemporaryDirectory() as place:
        files = ((f"file:///nowhere/{i:09d}.jpg", 0) for i in range(count))
        failed = sum(len(batch) for batch in _on_spark(session, place, files))
        assert failed == count
        spent = time.perf_counter() - began
        runtime = session.sparkContext._jvm.java.lang.Runtime.getRuntime()  # type: ignore[union-attr]
        runtime.gc()
        return spent, memory()["VmHWM"], runtime.totalMemory() - runtime.freeMemory()


def _describe_all(batches: Iterator[list[Outcome]], count: int) -> float:
    """How many seconds it takes."""
    began = time.perf_counter()
    assert [o.photo is not None for batch in batches for o in batch] == [True] * count
    return time.perf_counter() - began


class _Local:
    def __init__(self, cores: int) -> None:
        from wordsight.models.packaged import ModelSet
        from wordsight.photos.places import read_photo
        from wordsight.pipeline.local import LocalEngine

        self._engine = LocalEngine(ModelSet(threads=cores), read_photo, lambda _: False, cores)

    def __call__(self, files: Files) -> Iterator[list[Outcome]]:
        return self._engine.run((i, uri) for i, (uri, _) in enumerate(files))


class _Spark:
    def __init__(self, session: SparkSession, place: str) -> None:
        self._session, self._place = session, place

    def __call__(self, files: Files) -> Iterator[list[Outcome]]:
        return _on_spark(self._session, self._place, files)


@contextmanager
def _engine(master: str | None, cores: int) -> Iterator[_Local | _Spark]:
    if master is None:
        yield _Local(cores)
        return
    with _session(master) as session, TemporaryDirectory() as place:
        yield _Spark(session, place)


@contextmanager
def _session(master: str) -> Iterator[SparkSession]:
    from wordsight.spark.session import open_session

    session = open_session(master)
    try:
        yield session
    finally:
        session.stop()


def _on_spark(
    session: SparkSession, place: str, files: Iterable[tuple[str, int]]
) -> Iterator[list[Outcome]]:
    from wordsight.spark.engine import SparkEngine
    from wordsight.spark.job import Settings
    from wordsight.spark.shards import Listed

    engine = SparkEngine(session, f"{place}/shards", Settings(), _none_known)
    return engine.run((Listed(i, uri, ""), size) for i, (uri, size) in enumerate(files))


def _none_known(_sha256: Sequence[str]) -> Collection[str]:
    return ()


@contextmanager
def _watched(others: Sequence[int]) -> Iterator[Counter[str]]:
    """The most memory of each kind of process: this one, below it, and those of others."""
    most: Counter[str] = Counter()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            for kind, size in _memory_now(others).items():
                most[kind] = max(most[kind], size)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def _memory_now(others: Sequence[int]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for kind, process in _processes(others):
        with suppress(psutil.Error):
            sizes[kind] += process.memory_full_info().pss
    return sizes


def _processor_now(others: Sequence[int]) -> Counter[str]:
    """Seconds that they have had of it."""
    seconds: Counter[str] = Counter()
    for kind, process in _processes(others):
        with suppress(psutil.Error):
            times = process.cpu_times()
            seconds[kind] += times.user + times.system
    return seconds


def _processes(others: Sequence[int]) -> Iterator[tuple[str, psutil.Process]]:
    here = psutil.Process()
    roots = [here, *map(psutil.Process, others)]
    for process in {*roots, *(child for root in roots for child in root.children(recursive=True))}:
        with suppress(psutil.Error):
            java = "java" in process.name()
            yield "driver" if process == here else "java" if java else "workers", process
