"""Ten million vectors searched in a memory that their files do not fit into.

Run it in a group of processes whose memory is limited, page cache included, as by
`systemd-run --scope -p MemoryMax=8G python -m benchmarks --only index-within`; the index is built
before that, by a first run without the limit.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.apart import apart
from benchmarks.index_ours import Wordsight
from benchmarks.index_truth import recall, true_scores
from benchmarks.index_vectors import Corpus, make_corpus, make_queries
from benchmarks.measure import seconds, table
from wordsight.index.nearest import nearest
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import Snapshot

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_VECTORS, _QUERIES, _OTHERS, _HELD_OUT, _RESULTS = 10_000_000, 500, 4_500, 200, 10
_ENOUGH = 0.95
_HEADER = ["cells", "recall@10", "asked", "p50 ms", "p99 ms"]
_ASKED = (
    "first, of an empty cache",
    f"after {_OTHERS:,} others",
    "again",
)


def run(data: Path, cache: Path) -> str:
    """The section, in Markdown."""
    corpus, folder = make_corpus(data, cache, _VECTORS), cache / "index-within"
    if not (folder / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        Wordsight().build(corpus, folder)
    queries, held_out = make_queries(data, cache, 2 * _QUERIES + _OTHERS, _HELD_OUT)
    least = true_scores(corpus, held_out, cache)
    fewest = apart(partial(_fewest_cells, corpus, folder, held_out, least))
    truth = true_scores(corpus, queries[:_QUERIES], cache)
    rows = []
    for name, probing in ((f"{fewest}", Probing(fewest)), ("as chosen", None)):
        found, taken = apart(partial(_asked, folder, queries, probing))
        reached = recall(corpus, queries[:_QUERIES], found, truth, _RESULTS)
        for asked, times in zip(_ASKED, taken, strict=True):
            quantiles = [f"{np.quantile(times, q):.1f}" for q in (0.5, 0.99)]
            rows.append([name, f"{reached:.3f}", asked, *quantiles])
    size = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    return "\n".join(
        [
            "## Ten million vectors in little memory",
            "",
            f"{_QUERIES} queries, one after the other, with the fewest cells that reach {_ENOUGH} "
            f"on other queries, and with as many as searches use. The files have {size / 1e9:.1f} "
            "GB; the limit holds for the page cache too.",
            "",
            table(_HEADER, rows),
        ]
    )


def _fewest_cells(corpus: Corpus, folder: Path, queries: Floats, truth: Floats) -> int:
    """As a power of two."""
    snapshot, cells = Snapshot(folder), 1
    while True:
        found = np.stack([_nearest(snapshot, query, Probing(cells)) for query in queries])
        if recall(corpus, queries, found, truth, _RESULTS) >= _ENOUGH:
            return cells
        cells *= 2


def _asked(
    folder: Path, queries: Floats, probing: Probing | None
) -> tuple[Ids, tuple[list[float], ...]]:
    """Rows that are found, and milliseconds of each query: of the first, of those after others,
    and of the same again."""
    _forget(folder)
    snapshot = Snapshot(folder)
    found: list[Ids] = []

    def times(some: Floats) -> list[float]:
        return [
            1000 * seconds(lambda: found.append(_nearest(snapshot, query, probing)))[0]  # noqa: B023
            for query in some
        ]

    first = times(queries[:_QUERIES])
    times(queries[_QUERIES:-_QUERIES])
    last = times(queries[-_QUERIES:])
    again = times(queries[-_QUERIES:])
    return np.stack(found[:_QUERIES]), (first, last, again)


def _nearest(snapshot: Snapshot, query: Floats, probing: Probing | None) -> Ids:
    rows = nearest(snapshot, query, _RESULTS, probing=probing)[0]
    return np.pad(rows, (0, _RESULTS - len(rows)), constant_values=-1)


def _forget(folder: Path) -> None:
    """Empty the page cache of the index's files, which nobody has open."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
