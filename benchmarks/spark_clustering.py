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
                f"{told.seconds:.0f}",
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
    from wordsight.index.build import Membership, SnapshotBuilder, probe_queries
    from wordsight.index.clustering import fit_clustering
    from wordsight.index.snapshot import Origin
    from wordsight.models.packaged import ModelSet
    from wordsight.spark.clustering import fit_on_spark
    from wordsight.spark.session import open_session

    queries = ModelSet().encoder.encode(probe_queries())
    session = None if master is None else open_session(master)
    with tempfile.TemporaryDirectory() as name:
        vectors = np.load(path, mmap_mode="r")
        count, dimension = vectors.shape
        builder = SnapshotBuilder(Path(name), count, dimension, exact_below=1)
        builder.ids[:] = np.arange(count)
        builder.fused[:] = vectors
        began = time.perf_counter()
        if session is None:
            clustering = fit_clustering(builder.fused, queries)
            membership: Membership = builder.assign(clustering)
        else:
            clustering, membership = fit_on_spark(
                session, f"{name}/vectors", builder.fused, queries
            )
        seconds = time.perf_counter() - began
        curve = builder.finish(Origin("b", "b", 1), clustering, membership, queries).curve
        assert curve is not None
    return _Fitted(
        seconds,
        clustering.reduction.rank,
        clustering.reduction.explained_variance,
        len(clustering.centroids),
        float(membership.squared_distances.mean()),
        curve.chosen.compared,
        curve.chosen.recall,
    )
