"""Clusterings compared: the same photos, reduced in the same way, by every method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.errors import WordsightError
from wordsight.evaluation.alone import FitFailedError, Fitted, fit_alone
from wordsight.evaluation.choice import Choice, choose
from wordsight.evaluation.clusterers import NOISE, Clusterer
from wordsight.evaluation.densities import Dbscan, Hdbscan
from wordsight.evaluation.kmeans import FlatKMeans, MiniBatchKMeans, TwoLevelKMeans
from wordsight.evaluation.method_rows import MethodRow, SearchRow
from wordsight.evaluation.mixtures import GaussianMixture
from wordsight.evaluation.probes import Truth, cells_of, find_truth, measure_probes
from wordsight.evaluation.ranks import RankTable, measure_ranks
from wordsight.index.clustering import cell_count
from wordsight.index.reduction import Reduction, fit_all_components

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

LEAST_PHOTOS = 20
STEPS = 10
"""That `compare_clusterings` tells when they are done: the PCA and nine methods."""

_PHOTOS_AS_QUERIES = 500
_PHOTOS_A_COMPONENT = 64
_PHOTOS_A_DIMENSION = 8
_SILHOUETTE_PHOTOS = 20_000
_BYTES_A_MEMBERSHIP = 16


@dataclass(frozen=True)
class Comparison:
    """What was compared on what, and what came of it.

    `photos` of `library` photos, reduced from `dimension` to `rank` numbers, were clustered.
    `shared_bytes` store the reduction and the memberships, the same for every method.
    `failed` gives the reason for each method that gave no result.
    """

    photos: int
    library: int
    seed: int
    dimension: int
    rank: int
    sentences: int
    photos_as_queries: int
    shared_bytes: int
    ranks: RankTable
    methods: tuple[MethodRow, ...]
    failed: dict[str, str]
    choice: Choice


def compare_clusterings(
    vectors: Floats,
    sentences: Floats,
    library: int,
    seed: int = 0,
    tick: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Cluster the same vectors by every method, each in a process of its own.

    Args:
        vectors: unit float32 `[n, d]` of photos, n at least `LEAST_PHOTOS`.
        sentences: unit float32 `[q, d]`, queries that no method has seen.
        library: how many photos the vectors are a sample of.
        seed: of all that is random.
        tick: is told the name of each step that is done.

    Raises:
        WordsightError: no method gave a result.
    """
    whole = fit_all_components(vectors)
    ranks = measure_ranks(whole, vectors, sentences)
    reduction = whole.cut(ranks.by_recall)
    points = reduction.apply(vectors)
    own = sample_rows(len(vectors), _PHOTOS_AS_QUERIES, seed)
    truths = (
        find_truth(vectors, reduction, sentences),
        find_truth(vectors, reduction, vectors[own], own),
    )
    tick("PCA")
    methods: list[MethodRow] = []
    failed: dict[str, str] = {}
    for clusterer in all_clusterers(len(vectors), reduction.rank):
        try:
            fitted = fit_alone(clusterer, points, seed)
        except FitFailedError as error:
            failed[clusterer.name] = str(error)
        else:
            methods.append(_row(clusterer, fitted, points, truths, seed))
        tick(clusterer.name)
    if not methods:
        raise WordsightError(f"no method gave a result: {next(iter(failed.values()))}")
    return Comparison(
        photos=len(vectors),
        library=library,
        seed=seed,
        dimension=vectors.shape[1],
        rank=reduction.rank,
        sentences=len(sentences),
        photos_as_queries=len(own),
        shared_bytes=_shared_bytes(reduction, len(vectors)),
        ranks=ranks,
        methods=tuple(methods),
        failed=failed,
        choice=choose(methods),
    )


def all_clusterers(photos: int, rank: int) -> Sequence[Clusterer]:
    """The methods, with parameters that suit so many photos of so many dimensions.

    K-means gets as many cells as the library would. A mixture of so many is not feasible: each
    component has a variance for every dimension to estimate, or a whole covariance.
    """
    cells = cell_count(photos)
    diagonal = max(1, min(cells, photos // _PHOTOS_A_COMPONENT))
    full = max(1, min(diagonal, photos // (_PHOTOS_A_DIMENSION * rank)))
    return (
        TwoLevelKMeans(cells),
        FlatKMeans(cells),
        FlatKMeans(cells, spherical=True),
        MiniBatchKMeans(cells),
        FlatKMeans(diagonal, note=", few cells"),
        GaussianMixture(diagonal, "diag"),
        GaussianMixture(full, "full"),
        Hdbscan(),
        Dbscan(),
    )


def sample_rows(count: int, most: int, seed: int) -> Ids:
    """Ascending places of at most `most` of `count`, the same for the same seed."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def _row(
    clusterer: Clusterer, fitted: Fitted, points: Floats, truths: tuple[Truth, Truth], seed: int
) -> MethodRow:
    partition = fitted.partition
    cells, means = cells_of(partition, points)
    sizes = np.bincount(cells, minlength=len(means))
    sentences, photos = (SearchRow.of(measure_probes(cells, means, truth)) for truth in truths)
    return MethodRow(
        method=clusterer.name,
        parameters=clusterer.parameters,
        clusters=partition.clusters,
        noise=partition.noise,
        largest=int(sizes.max()),
        median=float(np.median(sizes)),
        silhouette=silhouette(points, partition.labels, seed),
        seconds=fitted.seconds,
        processor_seconds=fitted.processor_seconds,
        memory=fitted.memory,
        model_bytes=partition.model_bytes,
        sentences=sentences,
        photos=photos,
        sizes=tuple(np.sort(sizes)[::-1].tolist()),
    )


def silhouette(points: Floats, labels: Ids, seed: int = 0) -> float | None:
    """The mean silhouette by Euclidean distance of the points `[n, r]` that are not noise.

    Of more than 20,000, a sample. None where it is not defined: with one cluster, or as many
    clusters as points.
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    inside = np.flatnonzero(labels != NOISE)
    inside = inside[sample_rows(len(inside), _SILHOUETTE_PHOTOS, seed)]
    if not 2 <= len(np.unique(labels[inside])) < len(inside):
        return None
    with config_context(working_memory=128):
        return float(silhouette_score(points[inside], labels[inside]))


def _shared_bytes(reduction: Reduction, photos: int) -> int:
    pca = reduction.mean.nbytes + reduction.components.nbytes + reduction.variances.nbytes
    return pca + _BYTES_A_MEMBERSHIP * photos
