"""Describing on Spark, beside the local engine.

The same photos at 640 px, each with bytes of its own, all of it on one machine: the driver, Java
and the executors take from the same cores. With one core, all processes are pinned to it. Each
engine has a process of its own; it describes a few photos first, which is its start (Java, Spark,
models; the cluster itself is there already), then a few again and 1,392 others; the steady rate is
that of the photos and the seconds by which the last differ. What is described is thrown away:
storing it costs the same with all engines. Memory is the most seen, with shared pages divided among
those who share them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from scripts.spark_cluster import standalone_cluster

from benchmarks.apart import apart
from benchmarks.describe import sample_photos
from benchmarks.measure import table
from benchmarks.spark_run import Described, describe, driver_memory
from benchmarks.spark_storing import store
from wordsight.photos.places import source_uri

_PHOTOS = 1440
_CORES = 2
_ROWS = (1_000, 10_000, 100_000)
_MINUTES = 10
_HEADER = [
    "engine",
    "cores",
    "start, s",
    "photos a second",
    "of the local engine's",
    "times one core",
    "memory, MB: driver",
    "Java",
    "Python workers",
]

_STORED = ["catalog", "photos a second", "bytes a photo in shards", "in the catalog"]


def run(data: Path) -> str:
    """The tables, in Markdown."""
    about = (__doc__ or "").strip().split("\n\n", 1)[1]
    with tempfile.TemporaryDirectory() as name:
        uris = _photos(data, Path(name))
        told = {
            (engine, cores): _measured(engine, cores, uris)
            for cores in (1, _CORES)
            for engine in ("local engine", f"Spark, local[{cores}]")
        }
        told["Spark, standalone", _CORES] = _measured("standalone", _CORES, uris)
    parts = ["## Describing on Spark", "", about, "", table(_HEADER, _rows(told)), ""]
    parts.append(
        "The driver's memory by the number of files, on the standalone cluster; the files do not "
        "exist, so that each of them fails:\n"
    )
    with standalone_cluster(workers=_CORES) as cluster:
        rows = [_memory_row(cluster.master, count) for count in _ROWS]
    parts.append(table(["files", "seconds", "Python, MB", "Java, live objects, MB"], rows))
    parts += ["", "What one driver stores, reading shards of made-up descriptions:", ""]
    parts.append(table(_STORED, [_stored_row("SQLite", None)]))
    return "\n".join(parts)


def _measured(engine: str, cores: int, uris: list[tuple[str, int]]) -> Described:
    with _master(engine, cores) as (master, workers):
        return apart(partial(describe, master, cores, uris, workers), _MINUTES)


@contextmanager
def _master(engine: str, cores: int) -> Iterator[tuple[str | None, list[int]]]:
    """A Spark master, if it is Spark, and the processes of its workers."""
    standalone = standalone_cluster(cores) if engine == "standalone" else nullcontext()
    with standalone as cluster:
        if cluster is not None:
            yield cluster.master, [worker.pid for worker in cluster.workers]
        else:
            yield (None if engine == "local engine" else f"local[{cores}]"), []


def _rows(told: dict[tuple[str, int], Described]) -> list[list[str]]:
    rows = []
    for (engine, cores), seen in told.items():
        local = told["local engine", cores].rate
        name = engine.replace(f"local[{cores}]", "local[1]")
        one = told.get((name, 1))
        rows.append(
            [
                engine,
                str(cores),
                f"{seen.start:.1f}",
                f"{seen.rate:.1f}",
                f"{seen.rate / local:.2f}",
                "" if one is None else f"{seen.rate / one.rate:.2f}",
                *(f"{size / 1e6:.0f}" for size in (seen.driver, seen.java, seen.workers)),
            ]
        )
    return rows


def _memory_row(master: str, count: int) -> list[str]:
    spent, python, java = apart(partial(driver_memory, master, count), _MINUTES)
    return [f"{count:,}", f"{spent:.0f}", f"{python / 1e6:.0f}", f"{java / 1e6:.0f}"]


def _stored_row(name: str, url: str | None) -> list[str]:
    stored = apart(partial(store, url), _MINUTES)
    sizes = (f"{size:,.0f}" for size in (stored.shard_bytes, stored.catalog_bytes))
    return [name, f"{stored.rate:,.0f}", *sizes]


def _photos(data: Path, folder: Path) -> list[tuple[str, int]]:
    """Addresses and sizes."""
    told = []
    for i, photo in enumerate(sample_photos(data, (640, 480), _PHOTOS, "flickr8k-train")):
        path = folder / f"{i:05d}.jpg"
        path.write_bytes(photo)
        told.append((source_uri(path), path.stat().st_size))
    return told
