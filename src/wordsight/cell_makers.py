"""Who makes the cells of a library's snapshots: this machine, or a cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from wordsight.index.cell_making import CellMaker
from wordsight.publishing import MakeCells, make_cells_here

if TYPE_CHECKING:
    from wordsight.spark.cluster import Cluster


def make_cells_on(cluster: Cluster | None, many_only: bool = False) -> MakeCells:
    """None is this machine, which also makes those of few photos if `many_only` is asked."""
    if cluster is None:
        return make_cells_here
    return partial(_make_on, cluster, cluster.cells_from if many_only else 0)


def _make_on(
    cluster: Cluster, least: int, vectors: npt.NDArray[np.floating]
) -> AbstractContextManager[CellMaker]:
    from wordsight.spark.cell_making import SparkCellMaker
    from wordsight.spark.clustering import LEAST

    if len(vectors) < max(least, LEAST):
        return make_cells_here(vectors)
    place = f"{cluster.shards}/cells-{uuid4().hex}"
    return SparkCellMaker(cluster.session, place, vectors)
