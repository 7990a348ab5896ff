"""Clustering on Spark, beside the local fit.

The first captions of the photos of COCO and Flickr30k, encoded; the rank and the probing are chosen
on other captions, as for a library. The local fit learns from samples, Spark from all vectors. Both
run on all cores of this machine, Spark in `local[2]`, once it is started. *Compared* is the share
of the vectors that searches look at, and *recall@10* what they find, in a snapshot with these
cells. Distances are within the components that are kept, so they grow with their number.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.apart import apart
from benchmarks.index_vectors import make_corpus, real_count
from benchmarks.measure import table

_HEADER = [
    "fitted by",
    "seconds",
    "assigned, and in cells",
    "components",
    "variance kept",
    "cells",
    "mean squared distance",
    "compared",
    "recall@10",
]


@dataclass(frozen=True)
class _Fitted:
    seconds: float
    assigned: float
    rank: int
    variance: float
    cells: int
    distance: float
    compared: float
    recall: float


def run(data: Path, cache: Path) -> str:
    """The table, in Markdown."""
    path = make_corpus(data, cache, real_count(data)).path
    rows = []
    for name, master in (("this machine", None), ("Spark, local[2]", "local[2]")):
        told = apart(partial(_fit, path, master))
        rows.append(
            [
                name,
                f"{told.seconds:.1f}",
                f"{told.assigned:.1f}",
                str(told.rank),
                f"{told.variance:.4f}",
                f"{told.cells:,}",
                f"{told.distance:.4f}",
                f"{100 * told.compared:.2f} %",
                f"{told.recall:.3f}",
            ]
        )
    about = (__doc__ or "").strip().split("\n\n", 1)[1]
    return "\n".join(["## Clustering on Spark", "", about, "", table(_HEADER, rows)])


def _fit(path: Path, master: str | None) -> _Fitted:
    from wordsight.cell_makers import make_cells_on
    from wordsight.index.build import SnapshotBuilder, probe_queries
    from wordsight.index.snapshot import Origin
    from wordsight.models.packaged import ModelSet
    from wordsight.spark.cluster import Cluster
    from wordsight.spark.session import open_session

    queries = ModelSet().encoder.encode(probe_queries())
    with tempfile.TemporaryDirectory() as name:
        cluster = Cluster(open_session(master), f"{name}/shards") if master else None
        vectors = np.load(path, mmap_mode="r")
        count, dimension = vectors.shape
        (folder := Path(name) / "snapshot").mkdir()
        builder = SnapshotBuilder(folder, count, dimension, exact_below=1)
        builder.ids[:] = np.arange(count)
        builder.fused[:] = vectors
        with make_cells_on(cluster)(builder.fused) as maker:
            began = time.perf_counter()
            clustering = maker.fit(queries)
            fitted = time.perf_counter()
            membership = maker.assign(clustering)
            maker.write(folder, clustering, membership)
            ended = time.perf_counter()
            manifest = builder.finish(
                Origin("b", "b", 1), clustering, membership, queries, maker=maker
            )
        assert manifest.curve is not None
    return _Fitted(
        fitted - began,
        ended - fitted,
        clustering.reduction.rank,
        clustering.reduction.explained_variance,
        len(clustering.centroids),
        float(membership.squared_distances.mean()),
        manifest.curve.chosen.compared,
        manifest.curve.chosen.recall,
    )
