"""Describing on Spark, beside the local engine.

The same photos at 640 px, each with bytes of its own, all of it on one machine: the driver, Java
and the executors take from the same cores. With one core, all processes are pinned to it. Each
engine has a process of its own; it describes a few photos first, which is its start (Java, Spark,
models; the cluster itself is there already), then 1,392 while Java compiles itself, then the 4,320
of the steady rate. *Apart* is what the machine gives at best: a local engine on each core, at the
same time, that share nothing, their rates added. What is described is thrown away: storing it costs
the same with all engines. Memory is the most seen, with shared pages divided among those who share
them; the processor's time is that of the steady part.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from statistics import fmean

from scripts.spark_cluster import standalone_cluster

from benchmarks.apart import apart
from benchmarks.describe import sample_photos
from benchmarks.measure import table
from benchmarks.spark_run import KINDS, Described, describe, driver_memory
from wordsight.photos.places import source_uri

_PHOTOS = 5760
_CORES = (0, 1)
_ROWS = (1_000, 10_000, 100_000)
_MINUTES = 10
_HEADER = [
    "engine",
    "cores",
    "start, s",
    "photos a second",
    "of the local engine's",
    "times one core",
    "ms of the processor a photo: driver, Java, workers",
    "memory, MB: driver, Java, workers",
]
_LOCAL, _APART, _STANDALONE = "local engine", "local engines, apart", "Spark, standalone"


def run(data: Path) -> str:
    """The tables, in Markdown."""
    about = (__doc__ or "").strip().split("\n\n", 1)[1]
    with tempfile.TemporaryDirectory() as name:
        uris = _photos(data, Path(name))
        told = {
            (engine, len(cores)): _measured(engine, cores, uris)
            for cores in (_CORES[:1], _CORES)
            for engine in (_LOCAL, f"Spark, local[{len(cores)}]")
        }
        told[_STANDALONE, len(_CORES)] = _measured(_STANDALONE, _CORES, uris)
        told[_APART, len(_CORES)] = _measured_apart(uris)
    parts = ["## Describing on Spark", "", about, "", table(_HEADER, _rows(told)), ""]
    parts.append(
        "The driver's memory by the number of files, on the standalone cluster; the files do not "
        "exist, so that each of them fails:\n"
    )
    with standalone_cluster(workers=len(_CORES)) as cluster:
        rows = [_memory_row(cluster.master, count) for count in _ROWS]
    parts.append(table(["files", "seconds", "Python, MB", "Java, live objects, MB"], rows))
    return "\n".join(parts)


def _measured(engine: str, cores: Sequence[int], uris: Sequence[tuple[str, int]]) -> Described:
    """On the cores with these numbers."""
    with _master(engine, len(cores)) as (master, workers):
        return apart(partial(describe, master, cores, uris, workers), _MINUTES)


def _measured_apart(uris: Sequence[tuple[str, int]]) -> Described:
    """A local engine on each core, all of them at the same time."""
    with ThreadPoolExecutor(len(_CORES)) as pool:
        told = list(pool.map(lambda core: _measured(_LOCAL, [core], uris), _CORES))
    return Described(
        max(one.start for one in told),
        sum(one.rate for one in told),
        sum((one.memory for one in told), Counter()),
        Counter({kind: fmean(one.processor[kind] for one in told) for kind in KINDS}),
    )


@contextmanager
def _master(engine: str, cores: int) -> Iterator[tuple[str | None, list[int]]]:
    """A Spark master, if it is Spark, and the processes of its workers."""
    standalone = standalone_cluster(cores) if engine == _STANDALONE else nullcontext()
    with standalone as cluster:
        if cluster is not None:
            yield cluster.master, [worker.pid for worker in cluster.workers]
        else:
            yield (None if engine == _LOCAL else f"local[{cores}]"), []


def _rows(told: dict[tuple[str, int], Described]) -> list[list[str]]:
    rows = []
    for (engine, cores), seen in told.items():
        local = told[_LOCAL, cores].rate
        name = _LOCAL if engine == _APART else engine.replace(f"local[{cores}]", "local[1]")
        one = told.get((name, 1))
        rows.append(
            [
                engine,
                str(cores),
                f"{seen.start:.1f}",
                f"{seen.rate:.1f}",
                f"{seen.rate / local:.2f}",
                "" if one is None else f"{seen.rate / one.rate:.2f}",
                " + ".join(f"{1e3 * seen.processor[kind]:.2f}" for kind in KINDS),
                " + ".join(f"{seen.memory[kind] / 1e6:.0f}" for kind in KINDS),
            ]
        )
    return rows


def _memory_row(master: str, count: int) -> list[str]:
    spent, python, java = apart(partial(driver_memory, master, count), _MINUTES)
    return [f"{count:,}", f"{spent:.0f}", f"{python / 1e6:.0f}", f"{java / 1e6:.0f}"]


def _photos(data: Path, folder: Path) -> list[tuple[str, int]]:
    """Addresses and sizes."""
    told = []
    for i, photo in enumerate(sample_photos(data, (640, 480), _PHOTOS, "flickr8k-train")):
        path = folder / f"{i:05d}.jpg"
        path.write_bytes(photo)
        told.append((source_uri(path), path.stat().st_size))
    return told
