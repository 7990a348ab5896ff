"""Recall by the share of embeddings compared, against a search done photo by photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.index.vectors import around_centres

from wordsight.evaluation.clusterers import NOISE, Partition
from wordsight.evaluation.probes import (
    ProbeRecall,
    Truth,
    cells_of,
    find_truth,
    measure_probes,
)
from wordsight.index.reduction import Reduction, fit_all_components

DIMENSION = 16
VECTORS = around_centres(120, DIMENSION)
QUERIES = around_centres(9, DIMENSION, seed=1)
WHOLE = fit_all_components(VECTORS)
POINTS = WHOLE.apply(VECTORS)


def truth_of(queries: np.ndarray = QUERIES, reduction: Reduction = WHOLE) -> Truth:
    return find_truth(VECTORS, reduction, queries)


def searched(cells: np.ndarray, means: np.ndarray, probed: int) -> tuple[float, float]:
    """Recall and share compared of a search that looks into `probed` cells."""
    recalls, shares = [], []
    for query in QUERIES:
        order = np.argsort(-(means @ (WHOLE.components @ query)), kind="stable")[:probed]
        rows = np.flatnonzero(np.isin(cells, order))
        best = rows[np.argsort(-(VECTORS[rows] @ query))][:10]
        true = np.argsort(-(VECTORS @ query))[:10]
        recalls.append(len(np.intersect1d(best, true)) / 10)
        shares.append(len(rows) / len(VECTORS))
    return float(np.mean(recalls)), float(np.mean(shares))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-1, 6), min_size=len(VECTORS), max_size=len(VECTORS)))
def test_the_curve_is_what_searches_find(labels: list[int]) -> None:
    present = np.array(labels)
    inside = present >= 0
    present[inside] = np.unique(present[inside], return_inverse=True)[1]
    cells, means = cells_of(Partition(present), POINTS)
    assert np.array_equal(cells[inside], present[inside]) or not inside.any()
    measured = measure_probes(cells, means, truth_of())
    for probed in range(1, len(means) + 1):
        recall, compared = searched(cells, means, probed)
        assert measured.recall[probed - 1] == pytest.approx(recall, abs=1e-6)
        assert measured.compared[probed - 1] == pytest.approx(compared, abs=1e-6)
    assert (measured.all_cells, float(measured.compared[-1])) == pytest.approx((1, 1))


def test_noise_is_in_the_cell_with_the_nearest_centroid() -> None:
    points = np.array([[0, 0], [0, 2], [9, 9], [1, 1], [8, 8]], np.float32)
    cells, means = cells_of(Partition(np.array([0, 0, 1, NOISE, NOISE])), points)
    assert cells.tolist() == [0, 0, 1, 0, 1]
    assert np.allclose(means, [[1 / 3, 1], [8.5, 8.5]])


def test_nothing_but_noise_is_one_cell() -> None:
    cells, means = cells_of(Partition(np.full(120, NOISE)), POINTS)
    assert (set(cells.tolist()), means.shape) == ({0}, (1, DIMENSION))
    assert measure_probes(cells, means, truth_of()).compared.tolist() == [1]


@pytest.mark.parametrize("rank", [1, 4, DIMENSION])
def test_what_reducing_loses_is_missing_with_all_cells(rank: int) -> None:
    """The nearest that are not among the hundred candidates, of more photos than those."""
    many = around_centres(2000, DIMENSION)
    reduction = fit_all_components(many).cut(rank)
    near = np.argsort(-(QUERIES @ reduction.components.T @ reduction.apply(many).T))[:, :100]
    true = np.argsort(-(QUERIES @ many.T))[:, :10]
    found = [len(np.intersect1d(*pair)) / 10 for pair in zip(near, true, strict=True)]
    truth = find_truth(many, reduction, QUERIES)
    measured = measure_probes(np.arange(2000) % 7, np.zeros((7, rank), np.float32), truth)
    assert measured.all_cells == pytest.approx(np.mean(found), abs=1e-6)
    assert (measured.all_cells < 0.5) == (rank == 1)


def test_copies_of_a_neighbour_are_equally_right() -> None:
    """Any ten of twenty copies are all that can be wanted: the first cell has them."""
    vectors = np.concatenate([np.repeat(VECTORS[:1], 20, axis=0), -VECTORS])
    whole = fit_all_components(vectors)
    cells = np.array([0] * 10 + [1] * 10 + [2] * 120)
    truth = find_truth(vectors, whole, VECTORS[:1])
    means = whole.components @ np.stack([2 * VECTORS[0], VECTORS[0], -VECTORS[0]]).T
    measured = measure_probes(cells, means.T.astype(np.float32), truth)
    assert len(truth.rows[0]) == 20
    assert measured.recall.tolist() == [1, 1, 1]


def test_photos_do_not_find_themselves() -> None:
    own = np.array([3, 50])
    truth = find_truth(VECTORS, WHOLE, VECTORS[own], own)
    assert all(row not in rows for row, rows in zip(own, truth.rows, strict=True))
    assert truth.at == 10


@pytest.mark.parametrize(("photos", "at"), [(2, 1), (6, 5), (11, 10), (12, 10)])
def test_a_small_library_has_fewer_neighbours(photos: int, at: int) -> None:
    own = np.arange(2)
    assert find_truth(VECTORS[:photos], WHOLE, VECTORS[own], own).at == at


def test_reading_the_curve() -> None:
    curve = ProbeRecall(
        np.array([0.5, 0.9, 0.9, 0.98], np.float32), np.array([0.1, 0.3, 0.6, 1], np.float32)
    )
    assert curve.one_probe == 0.5
    assert curve.all_cells == pytest.approx(0.98)
    assert [curve.compared_for(r) for r in (0.4, 0.9, 0.95, 0.99)] == pytest.approx(
        [0.1, 0.3, 1, None]
    )
    assert [curve.recall_for(share) for share in (0.05, 0.1, 0.7, 1)] == pytest.approx(
        [None, 0.5, 0.9, 0.98]
    )
    assert curve.points(60) == list(
        zip(curve.compared.tolist(), curve.recall.tolist(), strict=True)
    )


def test_points_of_a_long_curve_begin_at_one_probe_and_end_at_all() -> None:
    ramp = np.linspace(0, 1, 5000, dtype=np.float32)
    points = ProbeRecall(ramp, ramp).points(60)
    assert 30 < len(points) <= 60
    assert (points[0], points[-1]) == ((0, 0), (1, 1))
