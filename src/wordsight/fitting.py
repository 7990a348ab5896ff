"""Who fits the cells of a clustering: this machine, or a cluster."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from wordsight.clusters import Fit
from wordsight.index.build import Membership
from wordsight.index.clustering import Clustering
from wordsight.publishing import FitCells, fit_here

if TYPE_CHECKING:
    from wordsight.spark.cluster import Cluster

Floats = npt.NDArray[np.float32]


def fit_cells_on(cluster: Cluster | None, many_only: bool = False) -> FitCells:
    """None stands for this machine, which also fits if there are few and `many_only` is asked."""
    if cluster is None:
        return fit_here
    return partial(_fit_on, cluster, cluster.fits_from if many_only else 0)


def _fit_on(
    cluster: Cluster,
    least: int,
    vectors: npt.NDArray[np.floating],
    queries: Floats | None,
    fit: Fit,
) -> tuple[Clustering, Membership | None]:
    from wordsight.errors import SparkError
    from wordsight.spark.clustering import LEAST, fit_on_spark
    from wordsight.spark.session import first_line

    if len(vectors) < max(least, LEAST):
        return fit_here(vectors, queries, fit)
    place = f"{cluster.shards.rstrip('/')}/fit-{uuid4().hex}"
    try:
        return fit_on_spark(cluster.session, place, vectors, queries, fit.seed, fit.cells)
    except Exception as error:  # py4j and the JVM raise many kinds
        raise SparkError(f"the Spark job failed: {first_line(error)}") from error
