"""When a clustering is fitted anew: each reason, and just before each."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.vectors import around_centres

from wordsight.index.clustering import fit_clustering
from wordsight.index.drift import Shape, measure_shape, reason_to_refit
from wordsight.index.probing import RECALL_TARGET

THEN = Shape(photos=1000, imbalance=1.6, distance=0.4, compared=0.04, recall=0.992)

SERVES = {
    "nothing changed": {},
    "nearly half of the photos gone": {"photos": 501},
    "nearly twice as many photos": {"photos": 1999},
    "cells somewhat less balanced": {"imbalance": 2.4},
    "cells better balanced": {"imbalance": 1.0},
    "photos somewhat farther": {"distance": 0.4599},
    "photos nearer": {"distance": 0.1},
    "somewhat more compared": {"compared": 0.06},
    "less compared": {"compared": 0.01},
    "recall just at the target": {"recall": 0.99},
    "recall above": {"recall": 1.0},
}
REFITS = {
    "half of the photos gone": ({"photos": 500}, "500 photos instead of 1000"),
    "twice as many photos": ({"photos": 2000}, "2000 photos instead of 1000"),
    "cells unbalanced": ({"imbalance": 2.41}, r"balanced \(2.41, were 1.60\)"),
    "photos far": ({"distance": 0.4601}, r"farther .* \(0.460, were 0.400\)"),
    "too much compared": ({"compared": 0.0601}, r"6.0% of the embeddings .* 4.0% when"),
    "recall below the target": ({"recall": 0.9899}, r"recall 0.990, 0.992 when"),
}


@pytest.mark.parametrize("change", SERVES.values(), ids=SERVES)
def test_cells_that_serve_well_are_kept(change: dict[str, float]) -> None:
    assert reason_to_refit(THEN, replace(THEN, **change), RECALL_TARGET) is None
    assert reason_to_refit(THEN, replace(THEN, **change)) is None


@pytest.mark.parametrize(("change", "reason"), REFITS.values(), ids=REFITS)
def test_cells_that_serve_badly_are_fitted_anew(change: dict[str, float], reason: str) -> None:
    told = reason_to_refit(THEN, replace(THEN, **change), RECALL_TARGET)
    assert told is not None
    assert re.search(reason, told)


@pytest.mark.parametrize("change", [{"compared": 1.0}, {"recall": 0.0}], ids=str)
def test_without_a_target_only_the_shape_counts(change: dict[str, float]) -> None:
    assert reason_to_refit(THEN, replace(THEN, **change)) is None


def test_a_target_that_was_never_reached_is_no_reason() -> None:
    """Fitting anew would not reach it either, run after run."""
    poor = replace(THEN, recall=0.95)
    assert reason_to_refit(poor, poor, RECALL_TARGET) is None
    assert reason_to_refit(poor, replace(poor, recall=0.96), RECALL_TARGET) is None
    assert reason_to_refit(poor, replace(poor, recall=0.949), RECALL_TARGET) is not None


def test_a_first_clustering_of_no_photos_is_fitted_anew() -> None:
    assert reason_to_refit(Shape(0, 1.0, 0.0), THEN, RECALL_TARGET) is not None


shapes = st.builds(
    Shape,
    photos=st.integers(1, 10_000_000),
    imbalance=st.floats(1, 1000),
    distance=st.floats(0, 4),
    compared=st.floats(0, 1),
    recall=st.floats(0, 1),
)


@given(shapes, st.floats(0, 1))
def test_a_clustering_fitted_just_now_never_asks_for_another(shape: Shape, target: float) -> None:
    assert reason_to_refit(shape, shape, target) is None


def test_equal_cells_are_balanced_and_one_for_all_is_not() -> None:
    equal = measure_shape(np.arange(12) % 4, np.full(12, 0.5, np.float32), 4)
    assert (equal.photos, equal.imbalance, equal.distance) == (12, 1.0, 0.5)
    one = measure_shape(np.zeros(12, np.int64), np.full(12, 0.5, np.float32), 4)
    assert one.imbalance == 4
    some = measure_shape(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3], np.float32), 2)
    assert some.imbalance == pytest.approx(2 * (0.75**2 + 0.25**2))
    assert some.distance == 1.5
    assert (some.compared, some.recall) == (1.0, 1.0)


def test_imbalance_is_the_size_of_a_photos_own_cell_to_the_mean() -> None:
    cells = np.repeat(np.arange(3), [6, 3, 1])
    sizes = np.bincount(cells)
    shape = measure_shape(cells, np.zeros(10, np.float32), 3)
    assert shape.imbalance == pytest.approx(sizes[cells].mean() / sizes.mean())


def test_no_photos_have_a_shape_too() -> None:
    nothing = measure_shape(np.empty(0, np.int64), np.empty(0, np.float32), 5, 0.1, 0.9)
    assert nothing == Shape(0, 1.0, 0.0, 0.1, 0.9)


@pytest.mark.parametrize(("more", "refit"), [(900, False), (1100, True)])
def test_more_photos_of_the_same_subjects_are_a_reason_from_twice_as_many_on(
    more: int, refit: bool
) -> None:
    vectors = around_centres(1000 + more)
    clustering = fit_clustering(vectors[:1000])
    count = len(clustering.centroids)
    then = measure_shape(*clustering.assign(vectors[:1000]), count)
    now = measure_shape(*clustering.assign(vectors), count)
    assert (reason_to_refit(then, now) is not None) == refit


def test_many_photos_of_something_new_are_a_reason() -> None:
    vectors = around_centres(1000)
    clustering = fit_clustering(vectors)
    count = len(clustering.centroids)
    then = measure_shape(*clustering.assign(vectors), count)
    alike = np.concatenate([vectors, around_centres(600, seed=5)])
    assert reason_to_refit(then, measure_shape(*clustering.assign(alike), count)) is None
    new = np.concatenate([vectors, -around_centres(600, subjects=2, seed=5)])
    assert reason_to_refit(then, measure_shape(*clustering.assign(new), count)) is not None
