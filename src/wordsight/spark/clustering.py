"""Clustering on a cluster: PCA and K-means by MLlib.

As on one machine (`index.clustering`), but that nothing is sampled: all vectors are learnt from.
Many cells are fitted in two levels: groups by MLlib, and the cells of each group in one executor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wordsight.index.clustering import Clustering, cell_count, cut_to_serve
from wordsight.index.kmeans import ONE_LEVEL, fit_cells_of_group, nearest_centroids
from wordsight.index.reduction import Reduction
from wordsight.spark.vectors import lists_of, rows_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Batches = Iterator[pa.RecordBatch]

LEAST = 2
"""Vectors: MLlib has no covariance of one."""


def fit_frame(
    frame: DataFrame,
    vectors: npt.NDArray[np.floating],
    queries: Floats | None = None,
    seed: int = 0,
    cells: int | None = None,
) -> Clustering:
    """As `fit_clustering`, of all vectors.

    Sums are added up in any order, so it is not the same to the last bit each time.

    Args:
        frame: columns `row` (long) and `vector` (floats), of `vectors`; read several times.
        vectors: `[n, d]`, n at least `LEAST`.
        queries, seed, cells: as of `fit_clustering`.
    """
    reduction = cut_to_serve(_all_components(frame), vectors, queries)
    count = min(cells or cell_count(len(vectors)), len(vectors))
    return Clustering(reduction, *_fit_cells(frame, reduction, count, seed))


def _all_components(frame: DataFrame) -> Reduction:
    from pyspark.ml.feature import PCA
    from pyspark.ml.stat import Summarizer

    dense = _dense(frame, "vector")
    mean = dense.select(Summarizer.mean(dense.features)).collect()[0][0].toArray()
    fitted = PCA(k=len(mean), inputCol="features", outputCol="reduced").fit(dense)
    shares = fitted.explainedVariance.toArray()
    if not np.isfinite(shares).all():  # copies of one: any direction keeps all of nothing
        shares = np.eye(1, len(mean))[0]
    components = np.ascontiguousarray(fitted.pc.toArray().T, np.float32)
    return Reduction(mean.astype(np.float32), components, shares.astype(np.float32))


def _fit_cells(frame: DataFrame, reduction: Reduction, cells: int, seed: int) -> tuple[Floats, Ids]:
    """Centroids, and the group of each."""
    if cells == 1:  # MLlib refuses; what is reduced lies around zero
        return np.zeros((1, reduction.rank), np.float32), np.zeros(1, np.int64)
    reduced = frame.mapInArrow(_Reduce(reduction), "row long, vector array<float>").persist()
    try:
        if cells <= ONE_LEVEL:
            return _kmeans(reduced, cells, seed), np.zeros(cells, np.int64)
        centres = _kmeans(reduced, round(math.sqrt(cells)), seed)
        grouped = reduced.mapInArrow(_Group(centres), "row long, vector array<float>, near long")
        photos = reduced.count()

        def fit(table: pa.Table) -> pa.Table:
            return _fit_group(table, photos, cells, seed)

        told = grouped.groupBy("near").applyInArrow(fit, "near long, vector array<float>").toArrow()
    finally:
        reduced.unpersist()
    near = told.column("near").to_numpy()
    order = np.argsort(near, kind="stable")
    groups = np.unique(near, return_inverse=True)[1][order]
    return rows_of(told.column("vector"))[order], groups.astype(np.int64)


def _kmeans(frame: DataFrame, count: int, seed: int) -> Floats:
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.stat import Summarizer
    from pyspark.sql.functions import col

    if count == 1:  # which MLlib's K-means refuses
        mean = _dense(frame, "vector").select(Summarizer.mean(col("features"))).collect()[0][0]
        return np.asarray(mean.toArray(), np.float32)[None]
    fitted = KMeans(k=count, seed=seed + 1).fit(_dense(frame, "vector"))
    found = np.stack(fitted.clusterCenters()).astype(np.float32)
    # Of fewer distinct points it finds fewer; a centre twice is as good as none.
    return np.concatenate([found, found[:1].repeat(count - len(found), axis=0)])


def _dense(frame: DataFrame, column: str) -> DataFrame:
    from pyspark.ml.functions import array_to_vector

    return frame.select(array_to_vector(frame[column]).alias("features"))


@dataclass(frozen=True)
class _Reduce:
    reduction: Reduction

    def __call__(self, batches: Batches) -> Batches:
        for batch in batches:
            reduced = self.reduction.apply(rows_of(batch.column("vector")))
            yield pa.record_batch([batch.column("row"), lists_of(reduced)], ["row", "vector"])


@dataclass(frozen=True)
class _Group:
    centres: Floats

    def __call__(self, batches: Batches) -> Batches:
        one_level = np.zeros(len(self.centres), np.int64)
        for batch in batches:
            points = rows_of(batch.column("vector"))
            near, _ = nearest_centroids(points, self.centres, one_level)
            yield pa.record_batch([*batch.columns, pa.array(near)], ["row", "vector", "near"])


def _fit_group(table: pa.Table, photos: int, cells: int, seed: int) -> pa.Table:
    """The cells of a group: its share of all, by the number of its vectors."""
    table = table.sort_by("row")  # however they came
    points = rows_of(table.column("vector"))
    centroids = fit_cells_of_group(points, photos, cells, seed)
    near = pa.array(np.full(len(centroids), table.column("near")[0].as_py(), np.int64))
    return pa.table({"near": near, "vector": lists_of(centroids)})
