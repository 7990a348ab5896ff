"""The server while everything happens at the same time.

For ten minutes wrk searches from four connections without a pause, no query twice; beside it
`wordsight index` describes new photos in another process, again and again, captions are put right
through the API, one a second, and cells are fitted anew twice, which each time replaces the
snapshot. Memory is that of the server and of what it started, every ten seconds, with what is
mapped from files and without.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.captions_library import make_library
from benchmarks.describe import sample_photos
from benchmarks.measure import table
from benchmarks.served import Load, Server, searches, serving, wrk
from wordsight.client import Client
from wordsight.index.store import SnapshotStore

_CONNECTIONS = 4
_PHOTOS = 40
_EVERY = 10.0


@dataclass
class _Seen:
    memory: list[tuple[float, float]] = field(default_factory=list)
    snapshots: set[str] = field(default_factory=set)
    indexed: int = 0
    fitted: int = 0
    corrected: int = 0


def run(data: Path, cache: Path, minutes: float) -> str:
    """The table, in Markdown."""
    library, _ = make_library(data, cache)
    library.close()
    paths = searches(data)
    random.Random(1).shuffle(paths)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copytree(library.folder, Path(name, "library")))
        with serving(copy) as server:
            told, seen = _all_at_once(server, copy, data, paths, minutes)
    about = (__doc__ or "").strip().split("\n\n")[1]
    return "\n".join(["## The server under mixed load", "", about, "", _table(told, seen)])


def _all_at_once(
    server: Server, library: Path, data: Path, paths: list[str], minutes: float
) -> tuple[Load, _Seen]:
    seen, over = _Seen(), threading.Event()
    wrk(server.port, paths[-1000:], _CONNECTIONS, 3)
    with ThreadPoolExecutor() as pool:
        beside = [
            pool.submit(_watch, server, library, seen, over),
            pool.submit(_change, library, data, seen, over, minutes * 60),
            pool.submit(_correct, server, seen, over),
        ]
        try:
            told = wrk(server.port, paths, _CONNECTIONS, round(minutes * 60))
        finally:
            over.set()
        for work in beside:
            work.result()  # raises what went wrong in it
    return told, seen


def _watch(server: Server, library: Path, seen: _Seen, over: threading.Event) -> None:
    store = SnapshotStore(library / "snapshots")
    while not over.wait(_EVERY):
        seen.memory.append(server.memory())
        seen.snapshots.add(str(store.current()))


def _change(library: Path, data: Path, seen: _Seen, over: threading.Event, seconds: float) -> None:
    """Index and fit, one after the other; there is only one writer."""
    photos = sample_photos(data, (640, 480), _PHOTOS)
    folder = library.with_name("photos")
    folder.mkdir()
    fits = [time.monotonic() + seconds * share for share in (0.25, 0.6)]
    while not over.is_set():
        if fits and time.monotonic() > fits[0]:
            fits.pop(0)
            _wordsight(library, "cluster", "fit")
            seen.fitted += 1
        for photo in photos:
            seen.indexed += 1
            (folder / f"{seen.indexed:06d}.jpg").write_bytes(photo + seen.indexed.to_bytes(4))
        _wordsight(library, "index", str(folder))


def _correct(server: Server, seen: _Seen, over: threading.Event) -> None:
    """One a second; all have to succeed."""
    with Client(f"http://127.0.0.1:{server.port}") as client:
        while not over.wait(1.0):
            photo = seen.corrected % 1000 + 1
            client.correct(photo, f"what a person says, for the {seen.corrected}th time")
            seen.corrected += 1


def _wordsight(library: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "wordsight", "--library", str(library), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _table(told: Load, seen: _Seen) -> str:
    whole, own = zip(*seen.memory, strict=True)
    later = max(1, len(own) // 5)
    rows = [
        ["minutes", f"{told.seconds / 60:.1f}"],
        ["searches", f"{told.requests} ({told.rate:.0f} a second)"],
        ["failed requests", str(told.failed)],
        ["p50, p99, worst", f"{told.p50:.1f}, {told.p99:.1f}, {told.worst:.1f} ms"],
        ["photos indexed meanwhile", str(seen.indexed)],
        ["captions put right meanwhile", str(seen.corrected)],
        ["snapshots replaced", str(len(seen.snapshots) - 1)],
        ["memory in a first and a last fifth, without mapped files", _means(own, later)],
        ["memory in a first and a last fifth, with them", _means(whole, later)],
        ["most memory, without mapped files and with", f"{max(own):.0f}, {max(whole):.0f} MB"],
    ]
    return table(["what", "seen"], rows)


def _means(figures: tuple[float, ...], count: int) -> str:
    first, last = sum(figures[:count]) / count, sum(figures[-count:]) / count
    return f"{first:.0f}, {last:.0f} MB"
