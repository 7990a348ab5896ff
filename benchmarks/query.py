"""How long a query takes, from the sentence to the hits.

The library holds real captions of COCO and Flickr30k photos (see `captions_library.py`); 1,000
other captions of those photos are the queries, 20 results each. The original system's way, which
loads the model and opens the database for every query, is measured as a whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.captions_library import make_library
from benchmarks.measure import milliseconds, seconds, table
from wordsight import Library
from wordsight.index.nearest import exactly, nearest
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore

_COLD_RUNS = 10


def run(data: Path, cache: Path) -> str:
    """The tables, in Markdown."""
    library, queries = make_library(data, cache)
    with library:
        manifest = library.status().snapshot
        assert manifest is not None
        rows = _rows(library, queries)
    curve = manifest.curve
    assert curve is not None
    points = [
        [
            f"{point.first} cells"
            + ("" if point.margin is None else f", margin {point.margin:.3f}"),
            f"{point.recall:.3f}",
            f"{100 * point.compared:.2f} %",
            f"{point.milliseconds:.2f}",
        ]
        for point in curve.points
    ]
    return "\n".join(
        [
            "## Queries",
            "",
            (__doc__ or "").strip().split("\n\n")[1],
            "",
            table(["what", "p50 ms", "p99 ms", "times faster than a new process"], rows),
            "",
            f"{manifest.photos} photos in {manifest.cells} cells. Recall@10 against exact search "
            "in full dimension, on 500 COCO captions whose photos are not in the library; "
            f"{curve.chosen.recall:.3f}, comparing {curve.chosen.compared:.2%}, is in use. With "
            f"all cells probed it is {curve.all_cells:.4f}: the rest is lost by reducing. Photos "
            f"of the library as queries: {curve.photos_as_queries:.3f}.",
            "",
            table(["probes", "recall@10", "share of embeddings compared", "ms"], points),
        ]
    )


def _rows(library: Library, queries: list[str]) -> list[list[str]]:
    searcher = library.searcher
    library.search(queries[0])  # loads the models
    vectors = [searcher.encode(text) for text in queries[:300]]
    current = SnapshotStore(library.folder / "snapshots").current()
    assert current is not None
    snapshot = Snapshot(current)
    timed = {
        "a new process for each query (`wordsight search`)": _cold(library.folder, queries),
        "query in a running process, end to end": _each(queries, library.search),
        "of which: encoding the sentence": _each(queries, searcher.encode),
        "of which: search in cells": _each(vectors, lambda q: nearest(snapshot, q, 20)),
        "exact search instead": _each(vectors, lambda q: exactly(snapshot, q, 20)),
    }
    cold = milliseconds(timed["a new process for each query (`wordsight search`)"])[0]
    rows = []
    for name, taken in timed.items():
        p50, p99 = milliseconds(taken)
        rows.append([name, f"{p50:.2f}", f"{p99:.2f}", f"{cold / p50:.0f}"])
    return rows


def _each(inputs: list[str] | list[np.ndarray], work: object) -> list[float]:
    assert callable(work)
    return [seconds(partial(work, one))[0] for one in inputs]


def _cold(folder: Path, queries: list[str]) -> list[float]:
    environment = {**os.environ, "WORDSIGHT_LIBRARY": str(folder)}

    def ask(text: str) -> None:
        command = [sys.executable, "-m", "wordsight", "search", "--", text]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    ask(queries[0])
    return [seconds(partial(ask, text))[0] for text in queries[:_COLD_RUNS]]
