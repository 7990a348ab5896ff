"""Searching inside PostgreSQL, beside the snapshot of the same library.

The library is that of the queries above, copied into a PostgreSQL server out of a wheel, on the
same machine, with its default settings. 1,000 captions of its photos are the queries. Recall@10 is
against exact search in full dimension. Eight clients are threads of one process; they and the
searches alone are given sentences that are encoded already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from scripts.postgres_server import new_server
from threadpoolctl import threadpool_limits

from benchmarks.captions_library import make_library
from benchmarks.measure import milliseconds, seconds, table
from wordsight import Library
from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.copying import copy_catalog
from wordsight.clusters import Clusters
from wordsight.index.exact import exact_truth
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet
from wordsight.search.in_database import DatabaseSearcher
from wordsight.search.results import PhotoSearcher
from wordsight.search.searcher import Searcher

Floats = npt.NDArray[np.float32]

_CLIENTS = 8
_RESULTS = 10


class _Encoded:
    """Models that know the sentences of the queries already."""

    def __init__(self, models: ModelSet, queries: list[str]) -> None:
        self._models = models
        self._known = dict(zip(queries, models.encode_queries(queries), strict=True))

    def __getattr__(self, name: str) -> object:
        return getattr(self._models, name)

    @cached_property
    def identity(self) -> str:
        return self._models.identity

    def encode_queries(self, texts: list[str]) -> Floats:
        return np.stack([self._known[text] for text in texts])


def run(data: Path, cache: Path) -> str:
    """The table, in Markdown."""
    with threadpool_limits(1):  # as in `wordsight serve`
        return _run(data, cache)


def _run(data: Path, cache: Path) -> str:
    library, queries = make_library(data, cache)
    snapshot = _snapshot(library)
    url = new_server().get_uri()
    catalog, copied = _copied(library, snapshot, url)
    encoded = cast(ModelSet, _Encoded(library.models, queries))
    local = Catalog(sqlite_url(library.folder / "catalog.db"))
    ways: dict[str, Callable[[ModelSet], PhotoSearcher]] = {
        "snapshot": lambda models: Searcher(
            local, SnapshotStore(library.folder / "snapshots"), models
        ),
        "PostgreSQL": lambda models: DatabaseSearcher(catalog, models),
    }
    truth = _truth(snapshot, encoded.encode_queries(queries))
    rows = [
        _row(name, make(library.models), make(encoded), queries, truth)
        for name, make in ways.items()
    ]
    sizes = f"{local.bytes_used() / 1e6:.0f} MB as an SQLite file"
    used = f"{catalog.bytes_used() / 1e6:.0f} MB there"
    return "\n".join(
        [
            "## PostgreSQL",
            "",
            " ".join((__doc__ or "").strip().split("\n\n")[1].split()),
            "",
            table(
                [
                    "searched",
                    "recall@10",
                    "end to end, p50 ms",
                    "p99 ms",
                    "search alone, p50 ms",
                    "p99 ms",
                    f"queries a second, {_CLIENTS} clients",
                ],
                rows,
            ),
            "",
            f"{len(snapshot.ids)} photos. Copying the catalog there took {copied:.0f} s; it takes "
            f"{sizes}, {used}, the vectors that are searched among them.",
        ]
    )


def _snapshot(library: Library) -> Snapshot:
    current = SnapshotStore(library.folder / "snapshots").open()
    assert current is not None
    return current


def _copied(library: Library, snapshot: Snapshot, url: str) -> tuple[Catalog, float]:
    """The catalog in the server at `url`, and how long it took to copy."""
    source, target = Catalog(sqlite_url(library.folder / "catalog.db")), Catalog(url)
    began = time.perf_counter()
    copy_catalog(source, target)
    clusters = Clusters(target, library.models)
    clusters.add_vectors()
    target.refresh_statistics()
    taken = time.perf_counter() - began
    clusters.note_probing(snapshot.manifest)
    source.close()
    return target, taken


def _truth(snapshot: Snapshot, queries: Floats) -> list[set[int]]:
    rows = exact_truth(snapshot.fused, queries).rows
    return [set(snapshot.ids[row].tolist()) for row in rows]


def _row(
    name: str,
    searcher: PhotoSearcher,
    alone: PhotoSearcher,
    queries: list[str],
    truth: list[set[int]],
) -> list[str]:
    for text in queries[:20]:
        searcher.search(text, _RESULTS)
        alone.search(text, _RESULTS)
    found = [{hit.id for hit in alone.search(text, _RESULTS)} for text in queries]
    recall = np.mean([len(a & b) / len(b) for a, b in zip(found, truth, strict=True)])
    whole = milliseconds([seconds(partial(searcher.search, q, _RESULTS))[0] for q in queries[:300]])
    bare = milliseconds([seconds(partial(alone.search, q, _RESULTS))[0] for q in queries])
    return [
        name,
        f"{recall:.3f}",
        *(f"{value:.1f}" for value in (*whole, *bare)),
        f"{_rate(alone, queries):.0f}",
    ]


def _rate(searcher: PhotoSearcher, queries: list[str]) -> float:
    with ThreadPoolExecutor(_CLIENTS) as clients:
        began = time.perf_counter()
        list(clients.map(lambda text: searcher.search(text, _RESULTS), queries * 2))
        return len(queries) * 2 / (time.perf_counter() - began)
