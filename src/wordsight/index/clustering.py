"""PCA and K-means over a library's vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

KEPT_VARIANCE = 0.95
_PHOTOS_A_CELL = 8
_TRAINING_PHOTOS_A_CELL = 256
_ITERATIONS = 20


@dataclass(frozen=True)
class Clustering:
    """What `fit_clustering` learns from n vectors of d numbers.

    `mean` `[d]` and `components` `[r, d]` reduce; `explained_variance` is the share that
    the r components keep; `centroids` `[k, r]`; `cells` int64 `[n]`.
    """

    mean: Floats
    components: Floats
    explained_variance: float
    centroids: Floats
    cells: Ids

    def reduce(self, vectors: Floats) -> Floats:
        """Float32 `[n, d]` to `[n, r]`."""
        return np.ascontiguousarray((vectors - self.mean) @ self.components.T, np.float32)


def fit_clustering(vectors: Floats, seed: int = 0) -> Clustering:
    """Reduce by PCA, then cluster by K-means (FAISS), the same each time for a seed.

    The number of components keeps `KEPT_VARIANCE`; the number of cells grows with the square
    root of the number of photos.

    Args:
        vectors: float32 `[n, d]`, n at least 1.
    """
    mean, components, explained = _fit_pca(vectors)
    reduced = np.ascontiguousarray((vectors - mean) @ components.T, np.float32)
    centroids, cells = _fit_kmeans(reduced, cell_count(len(vectors)), seed)
    return Clustering(mean, components, explained, centroids, cells)


def cell_count(photos: int) -> int:
    """Four times the square root, less where cells would hold only a few photos."""
    return max(1, min(round(4 * math.sqrt(photos)), photos // _PHOTOS_A_CELL))


def _fit_pca(vectors: Floats) -> tuple[Floats, Floats, float]:
    """Mean, components `[r, d]` and the share of variance kept, from the covariance matrix."""
    mean: Floats = vectors.mean(0, dtype=np.float64).astype(np.float32)
    centred = vectors - mean
    scatter = (centred.T @ centred).astype(np.float64)
    values, directions = np.linalg.eigh(scatter)
    variances = values[::-1].clip(0)
    total = variances.sum()
    if total <= 1e-9:  # one photo, or copies of one
        return mean, directions.T[::-1][:1].astype(np.float32), 1.0
    kept = np.cumsum(variances / total)
    rank = min(int(np.searchsorted(kept, KEPT_VARIANCE)) + 1, len(kept))
    components = np.ascontiguousarray(directions.T[::-1][:rank], np.float32)
    return mean, components, float(kept[rank - 1])


def _fit_kmeans(reduced: Floats, cells: int, seed: int) -> tuple[Floats, Ids]:
    import faiss

    kmeans = faiss.Kmeans(
        reduced.shape[1],
        cells,
        niter=_ITERATIONS,
        seed=seed + 1,
        min_points_per_centroid=1,
        max_points_per_centroid=_TRAINING_PHOTOS_A_CELL,
    )
    kmeans.train(reduced)
    _, nearest = kmeans.index.search(reduced, 1)
    centroids = np.asarray(kmeans.centroids, np.float32)
    return centroids, nearest[:, 0].astype(np.int64)
