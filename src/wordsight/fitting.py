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


def fit_cells_on(cluster: Cluster | None) -> FitCells:
    """None stands for this machine."""
    return fit_here if cluster is None else partial(_fit_on, cluster)


def _fit_on(
    cluster: Cluster, vectors: npt.NDArray[np.floating], queries: Floats | None, fit: Fit
) -> tuple[Clustering, Membership | None]:
    from wordsight.errors import SparkError
    from wordsight.spark.clustering import LEAST, fit_on_spark
    from wordsight.spark.session import first_line

    if len(vectors) < LEAST:
        return fit_here(vectors, queries, fit)
    place = f"{cluster.shards.rstrip('/')}/fit-{uuid4().hex}"
    try:
        return fit_on_spark(cluster.session, place, vectors, queries, fit.seed, fit.cells)
    except Exception as error:  # py4j and the JVM raise many kinds
        raise SparkError(f"the Spark job failed: {first_line(error)}") from error
