"""Unit vectors that lie as photos do: in loose groups, a few subjects with many photos each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wordsight.index.build import SnapshotBuilder, SnapshotVectors
from wordsight.index.clustering import Clustering, Membership, fit_clustering
from wordsight.index.snapshot import Manifest, Origin

ORIGIN = Origin("catalog-1", "models-1", 42)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def around_centres(
    count: int, dimension: int = 32, subjects: int = 20, spread: float = 0.4, seed: int = 0
) -> np.ndarray:
    """The subjects are the same for all seeds, which choose among them: other photos, and
    queries, of what is in the library."""
    centres = np.random.default_rng(99).normal(size=(subjects, dimension))
    random = np.random.default_rng(seed)
    vectors = centres[random.integers(0, subjects, count)]
    return unit(vectors + spread * random.normal(size=(count, dimension)))


def photos(fused: np.ndarray) -> SnapshotVectors:
    """Photos with these fused vectors, made of some captions and pictures, and with ids that are
    not their rows."""
    ids = np.arange(len(fused), dtype=np.int64) * 3 + 5
    captions = np.roll(fused, 1, axis=0)
    return SnapshotVectors(ids, fused, captions, unit(fused - 0.2 * captions))


def write(
    folder: Path,
    fused: np.ndarray,
    queries: np.ndarray | None = None,
    exact_below: int = 1,
    clustering: Clustering | None = None,
) -> Manifest:
    """A snapshot in `folder`, with cells unless it is smaller than `exact_below`."""
    builder = SnapshotBuilder(folder, *fused.shape, exact_below)
    builder.add(photos(fused))
    if not builder.has_cells:
        return builder.finish(ORIGIN)
    if queries is None:
        queries = around_centres(20, fused.shape[1], seed=1)
    clustering = clustering or fit_clustering(builder.fused, queries)
    return builder.finish(ORIGIN, clustering, builder.assign(clustering), queries)


def membership(clustering: Clustering, vectors: np.ndarray) -> Membership:
    return Membership(*clustering.assign(vectors))


def nearest_by_brute_force(
    vectors: np.ndarray, query: np.ndarray, count: int, excluded: np.ndarray | None = None
) -> list[int]:
    """Rows in float64, ties by row."""
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    left = np.setdiff1d(np.arange(len(vectors)), [] if excluded is None else excluded)
    return left[np.argsort(-scores[left], kind="stable")][:count].tolist()
