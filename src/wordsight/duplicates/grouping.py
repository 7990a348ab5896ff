"""Near-duplicates among very many photos, which are not all compared with each other.

What is compared lies near each other: vectors of like scenes, coarse pictures of the same. So
photos are put into groups by both, each into that of its nearest centroid, and a new photo is
compared with those in the groups of its nearest few. The number of groups grows with the root of
the number of new photos, and so finding them and comparing within them with the power 1.5, where
comparing all would grow with the square; unless very many are all alike, which no grouping parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.catalog.likenesses import LikenessRows
from wordsight.duplicates.gathering import Rows, take
from wordsight.duplicates.rule import coarse, parts_or_moments, same_pictures
from wordsight.index.kmeans import fit_kmeans

Floats = npt.NDArray[np.float32]
Pairs = list[tuple[int, int]]

_GROUPS = 3.0
"""Times the root of the number of new photos."""
_LEARNT_FROM = 64
"""Photos a group."""
_CHUNK = 8192
_BLOCK = 2048
"""Photos that are compared with so many others at a time."""


@dataclass(frozen=True)
class _Likeness:
    """A space in which near-duplicates of one kind are near, in how many groups of it they are
    looked for, and how they are told."""

    points: Callable[[LikenessRows], Floats]
    probes: int
    find: Callable[[LikenessRows, LikenessRows], Pairs]


# With six and three groups 92 to 95 of 100 pairs are found that a comparison with all finds, and as
# many changed photos come into one series with what they were (docs/benchmarks.md).
_LIKENESSES = (
    _Likeness(lambda rows: rows.vectors, 6, parts_or_moments),
    _Likeness(lambda rows: coarse(rows.thumbprints), 3, same_pictures),
)


def pairs_in_groups(rows: LikenessRows, seed: int = 0) -> Iterator[tuple[float, Pairs]]:
    """Near-duplicates of those photos that are not `compared` yet, as `near_duplicates` of the rule
    tells them, and which share of the work is done."""
    new = np.flatnonzero(~rows.compared)
    all_probes = sum(likeness.probes for likeness in _LIKENESSES)
    before = 0
    for likeness in _LIKENESSES:
        for looked, found in _pairs(rows, new, likeness, seed):
            yield (before + looked / max(1, len(new))) / all_probes, found
        before += likeness.probes


def _pairs(
    rows: LikenessRows, new: Rows, likeness: _Likeness, seed: int
) -> Iterator[tuple[int, Pairs]]:
    """How many new photos have looked into groups by now, and what some of them found."""
    centroids = _fit(rows, len(new), likeness, seed)
    own = _nearest(rows, np.arange(len(rows)), likeness, centroids, 1)
    probed = _nearest(rows, new, likeness, centroids, likeness.probes)
    members = _by_group(own.ravel(), len(centroids))
    visitors = _by_group(probed.ravel(), len(centroids))
    looked = 0
    for inside, probing in zip(members, visitors, strict=True):
        looking = new[probing // probed.shape[1]]
        for found in _compared(rows, looking, inside, likeness):
            yield looked, found
        looked += len(looking)
        yield looked, []


def _compared(
    rows: LikenessRows, looking: Rows, inside: Rows, likeness: _Likeness
) -> Iterator[Pairs]:
    for others in _blocks(inside):
        known = take(rows, others)
        for some in _blocks(looking):
            yield likeness.find(take(rows, some), known)


def _fit(rows: LikenessRows, new: int, likeness: _Likeness, seed: int) -> Floats:
    groups = min(len(rows), max(1, round(_GROUPS * math.sqrt(new))))
    chosen = np.random.default_rng(seed).permutation(len(rows))[: groups * _LEARNT_FROM]
    return fit_kmeans(likeness.points(take(rows, np.sort(chosen))), groups, seed)[0]


def _nearest(
    rows: LikenessRows, wanted: Rows, likeness: _Likeness, centroids: Floats, count: int
) -> npt.NDArray[np.int32]:
    """The nearest centroids of some rows `[n, count]`, the nearest first."""
    import faiss

    found = np.empty((len(wanted), min(count, len(centroids))), np.int32)
    for start in range(0, len(wanted), _CHUNK):
        points = likeness.points(take(rows, wanted[start : start + _CHUNK]))
        found[start : start + _CHUNK] = faiss.knn(points, centroids, found.shape[1])[1]
    return found


def _by_group(group: npt.NDArray[np.int32], groups: int) -> list[Rows]:
    """The places where each group stands."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.cumsum(np.bincount(group, minlength=groups))[:-1])


def _blocks(rows: Rows) -> Iterator[Rows]:
    return (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
