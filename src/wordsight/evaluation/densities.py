"""Clusters as dense regions: DBSCAN and HDBSCAN, through scikit-learn.

Neither keeps a model that places new points. What is stored is the mean of each cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.clusterers import NOISE, Partition, means_of

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

LEAST = 5
"""Points that make a region dense, and the smallest cluster."""


@dataclass(frozen=True)
class Dbscan:
    """Points with `LEAST` neighbours within a distance, and what they reach."""

    name: str = "DBSCAN"

    @property
    def parameters(self) -> str:
        return f"scikit-learn, {LEAST} neighbours within the knee of the k-distance curve"

    def method(self, points: Floats, seed: int) -> Partition:
        from sklearn.cluster import DBSCAN

        del seed  # nothing here is random
        if len(points) < LEAST:
            return _all_noise(points)
        fitted = DBSCAN(eps=max(knee_of_distances(points), 1e-6), min_samples=LEAST)
        return _with_means(points, fitted.fit_predict(points))


@dataclass(frozen=True)
class Hdbscan:
    """The clusters that last longest while the distance grows."""

    name: str = "HDBSCAN"

    @property
    def parameters(self) -> str:
        return f"scikit-learn, clusters of at least {LEAST}"

    def method(self, points: Floats, seed: int) -> Partition:
        from sklearn.cluster import HDBSCAN

        del seed  # nothing here is random
        if len(points) < LEAST:
            return _all_noise(points)
        fitted = HDBSCAN(min_cluster_size=LEAST, copy=True)
        return _with_means(points, fitted.fit_predict(points))


def knee_of_distances(points: Floats) -> float:
    """The distance where the ascending distances to the `LEAST`th neighbour begin to soar.

    That is where the curve lies farthest below the line from its first point to its last.
    """
    from sklearn.neighbors import NearestNeighbors

    found, _ = NearestNeighbors(n_neighbors=LEAST).fit(points).kneighbors(points)
    curve = np.sort(found[:, -1])
    line = np.linspace(curve[0], curve[-1], len(curve))
    return float(curve[np.argmax(line - curve)])


def _with_means(points: Floats, labels: Ids) -> Partition:
    labels = labels.astype(np.int64)
    return Partition(labels, {"centroids": means_of(points, labels)})


def _all_noise(points: Floats) -> Partition:
    return Partition(np.full(len(points), NOISE, np.int64))
