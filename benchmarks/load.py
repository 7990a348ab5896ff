"""The server under load.

The library is that of the queries above, the load comes from wrk on the same two cores: so many
connections ask without a pause, 20 results a search, no query twice (human captions that are not
in the library). Memory counts what is mapped of the snapshot; in brackets, what is not.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from benchmarks.captions_library import make_library
from benchmarks.measure import table
from benchmarks.served import Load, searches, serving, wrk

CONNECTIONS = (1, 2, 4, 8, 16, 32)
_SECONDS = 10
_HEADER = ["connections", "searches a second", "p50 ms", "p99 ms", "worst ms", "failed", "MB"]


def run(data: Path, cache: Path) -> str:
    """The table, in Markdown."""
    library, _ = make_library(data, cache)
    library.close()
    paths = searches(data)
    random.Random(0).shuffle(paths)
    rows = []
    with serving(library.folder) as server:
        wrk(server.port, paths[-1000:], 4, 3)  # the files are read, the threads begun
        for connections in CONNECTIONS:
            part, paths = paths[:20_000], paths[20_000:]
            told = wrk(server.port, part, connections, _SECONDS)
            rows.append(_row(connections, told, server.memory()))
            time.sleep(0.2)
    about = (__doc__ or "").strip().split("\n\n")[1]
    return "\n".join(["## The server under load", "", about, "", table(_HEADER, rows)])


def _row(connections: int, told: Load, memory: tuple[float, float]) -> list[str]:
    return [
        str(connections),
        f"{told.rate:.0f}",
        f"{told.p50:.1f}",
        f"{told.p99:.1f}",
        f"{told.worst:.1f}",
        str(told.failed),
        f"{memory[0]:.0f} ({memory[1]:.0f})",
    ]
