"""Ten million vectors searched in a memory that their files do not fit into.

Run it in a group of processes whose memory is limited, page cache included, as by
`systemd-run --scope -p MemoryMax=8G python -m benchmarks --only index-within`; the index is built
before that, by a first run without the limit.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.apart import memory
from benchmarks.index_contestant import Searcher
from benchmarks.index_ours import Wordsight
from benchmarks.index_truth import recall, true_scores
from benchmarks.index_vectors import make_corpus, make_queries
from benchmarks.measure import seconds, table

Floats = npt.NDArray[np.float32]

_VECTORS, _QUERIES, _HELD_OUT, _RESULTS = 10_000_000, 500, 200, 10


def run(data: Path, cache: Path) -> str:
    """The section, in Markdown."""
    corpus, folder = make_corpus(data, cache, _VECTORS), cache / "index-within"
    ours = Wordsight()
    if not (folder / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        ours.build(corpus, folder)
    queries, _ = make_queries(data, cache, _QUERIES, _HELD_OUT)
    truth = true_scores(corpus, queries, cache)
    searcher = ours.open(folder)
    effort = searcher.efforts[0]
    passes = [_asked(searcher, queries, effort) for _ in range(2)]
    found = searcher.search(queries, _RESULTS, effort)
    reached = recall(corpus, queries, found, truth, _RESULTS)
    held = memory()
    size = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    rows = [
        [name, f"{np.median(taken):.1f}", f"{np.quantile(taken, 0.99):.1f}"]
        for name, taken in zip(("the first time", "again"), passes, strict=True)
    ]
    return "\n".join(
        [
            "## Ten million vectors in little memory",
            "",
            f"{_QUERIES} queries, one after the other, at a recall@10 of {reached:.3f}; the files "
            f"have {size / 1e9:.1f} GB. The limit holds for the page cache too; it was empty, and "
            f"at the end {held['RssFile'] / 1e9:.1f} GB of it were in use.",
            "",
            table(["asked", "p50 ms", "p99 ms"], rows),
        ]
    )


def _asked(searcher: Searcher, queries: Floats, effort: int) -> list[float]:
    """Milliseconds of each query."""
    return [
        1000 * seconds(partial(searcher.search, query[None], _RESULTS, effort))[0]
        for query in queries
    ]
