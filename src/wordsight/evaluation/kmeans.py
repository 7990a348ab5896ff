"""K-means in its variants, through FAISS and scikit-learn."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.clusterers import Partition
from wordsight.index.kmeans import fit_kmeans, nearest_centroids

Floats = npt.NDArray[np.float32]

_ITERATIONS = 25
_BATCH = 4096


@dataclass(frozen=True)
class TwoLevelKMeans:
    """What the library itself uses: groups, and cells within each."""

    cells: int
    name: str = "K-means, two levels"

    @property
    def parameters(self) -> str:
        return f"{self.cells} cells in groups, as the library makes them"

    def method(self, points: Floats, seed: int) -> Partition:
        centroids, groups = fit_kmeans(points, min(self.cells, len(points)), seed)
        labels, _ = nearest_centroids(points, centroids, groups)
        return Partition(labels, {"centroids": centroids})


@dataclass(frozen=True)
class FlatKMeans:
    """All cells at once, from k-means++. On the sphere, points and centroids have unit length."""

    cells: int
    spherical: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        return ("spherical K-means" if self.spherical else "K-means") + self.note

    @property
    def parameters(self) -> str:
        return f"FAISS, {self.cells} cells, k-means++, {_ITERATIONS} iterations"

    def method(self, points: Floats, seed: int) -> Partition:
        import faiss

        if self.spherical:
            lengths = np.linalg.norm(points, axis=1, keepdims=True)
            points = points / np.maximum(lengths, 1e-9)
        kmeans = faiss.Kmeans(
            points.shape[1],
            min(self.cells, len(points)),
            niter=_ITERATIONS,
            seed=seed + 1,
            spherical=self.spherical,
            min_points_per_centroid=1,
            max_points_per_centroid=len(points),
            init_method=faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS,
        )
        kmeans.train(points)
        labels = kmeans.index.search(points, 1)[1][:, 0].astype(np.int64)
        return Partition(labels, {"centroids": np.asarray(kmeans.centroids, np.float32)})


@dataclass(frozen=True)
class MiniBatchKMeans:
    """Centroids that move with some thousand points at a time."""

    cells: int
    name: str = "mini-batch K-means"

    @property
    def parameters(self) -> str:
        return f"scikit-learn, {self.cells} cells, k-means++, batches of {_BATCH}"

    def method(self, points: Floats, seed: int) -> Partition:
        from sklearn.cluster import MiniBatchKMeans as Fitted
        from sklearn.exceptions import ConvergenceWarning

        fitted = Fitted(
            min(self.cells, len(points)), batch_size=_BATCH, n_init=1, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # copies: fewer cells than wanted
            labels = fitted.fit_predict(points)
        centroids = np.asarray(fitted.cluster_centers_, np.float32)
        return Partition(labels.astype(np.int64), {"centroids": centroids})
