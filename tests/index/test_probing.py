"""The truth that recall is measured by, the curve, and what is chosen on it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres, nearest_by_brute_force, unit, write

from wordsight.index.cells import Cells
from wordsight.index.exact import exact_truth
from wordsight.index.nearest import candidate_count
from wordsight.index.probing import RECALL_TARGET, SAFETY, measure_curve
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import ProbeCurve, ProbePoint, Snapshot

PHOTOS = 2500
VECTORS = around_centres(PHOTOS, subjects=100, spread=1.2)
QUERIES = around_centres(150, subjects=100, spread=1.2, seed=1)
HELD_OUT = around_centres(250, subjects=100, spread=1.2, seed=2)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("snapshot")
    write(folder, VECTORS, QUERIES)
    return Snapshot(folder)


@pytest.fixture(scope="module")
def curve(snapshot: Snapshot) -> ProbeCurve:
    assert snapshot.manifest.curve is not None
    return snapshot.manifest.curve


def cells_of(snapshot: Snapshot) -> Cells:
    assert snapshot.cells is not None
    return snapshot.cells


@pytest.fixture(scope="module")
def homes(snapshot: Snapshot) -> np.ndarray:
    """The cell of each vector, as a search of one cell after the other tells it."""
    cells = cells_of(snapshot)
    reached = np.full(PHOTOS, -1)
    order = np.argsort(-cells.estimates(VECTORS[:1])[0])
    for probes in range(len(cells), 0, -1):
        rows, _ = cells.search(VECTORS[:1], 1, PHOTOS, Probing(probes))
        reached[rows[rows >= 0]] = order[probes - 1]
    return reached


def recall(snapshot: Snapshot, queries: np.ndarray, point: ProbePoint) -> tuple[float, float]:
    """Found and compared of a probing, by plain NumPy."""
    probing = Probing(point.first, point.margin)
    stored = np.asarray(snapshot.fused, np.float32)
    found, shares = [], []
    for query in queries:
        candidates, some = cells_of(snapshot).search(query[None], 10, candidate_count(10), probing)
        truth = nearest_by_brute_force(stored, query, 10)
        found.append(len(set(truth) & set(candidates[0].tolist())) / 10)
        shares.append(some[0] / len(stored))
    return float(np.mean(found)), float(np.mean(shares))


def test_the_curve_begins_with_fixed_probes_and_ends_with_all_cells(
    snapshot: Snapshot, curve: ProbeCurve
) -> None:
    fixed = [point for point in curve.points if point.margin is None]
    assert [point.first for point in fixed] == [1, 8, 64, len(cells_of(snapshot))]
    assert curve.points[0] == fixed[0]
    assert curve.points[-1] == fixed[-1]
    assert curve.all_cells == fixed[-1].recall
    assert fixed[-1].compared == 1
    growing = [point for point in curve.points if point.margin is not None]
    assert len(growing) > 5
    assert len({point.first for point in growing}) == 1
    for points in (fixed, growing):
        for fewer, more in pairwise(points):
            assert fewer.compared <= more.compared
            assert fewer.recall <= more.recall + 0.005  # candidates push others out, rarely
    margins = [point.margin for point in growing]
    assert margins == sorted(margins)
    assert all(point.milliseconds > 0 for point in curve.points)


def test_every_point_tells_what_plain_numpy_finds(snapshot: Snapshot, curve: ProbeCurve) -> None:
    for point in (*curve.points[:2], curve.points[5], curve.chosen):
        found, compared = recall(snapshot, QUERIES, point)
        assert point.recall == pytest.approx(found, abs=1e-3)
        assert point.compared == pytest.approx(compared)


def test_the_first_growing_probing_that_reaches_the_target_is_chosen(
    snapshot: Snapshot, curve: ProbeCurve
) -> None:
    chosen = curve.chosen
    assert chosen in curve.points
    assert chosen.recall >= RECALL_TARGET
    assert chosen.compared < 0.5
    before = curve.points[: curve.points.index(chosen)]
    aim = RECALL_TARGET + SAFETY
    assert all(point.recall < aim for point in before if point.margin is not None)
    assert snapshot.manifest.probing == Probing(chosen.first, chosen.margin)


def test_the_target_is_reached_for_queries_that_it_was_not_chosen_on(
    snapshot: Snapshot, curve: ProbeCurve
) -> None:
    found, compared = recall(snapshot, HELD_OUT, curve.chosen)
    assert found >= RECALL_TARGET - 0.01
    assert compared == pytest.approx(curve.chosen.compared, rel=0.2)


@pytest.mark.parametrize("target", [0.9, 0.97])
def test_a_lower_target_compares_less(
    snapshot: Snapshot, curve: ProbeCurve, homes: np.ndarray, target: float
) -> None:
    lower = measure_curve(cells_of(snapshot), snapshot.fused, QUERIES, homes, target)
    assert target <= lower.chosen.recall
    assert lower.chosen.compared < curve.chosen.compared
    assert lower.chosen.margin is not None


def test_a_target_that_only_all_cells_reach_probes_all_cells(
    snapshot: Snapshot, curve: ProbeCurve, homes: np.ndarray
) -> None:
    beyond = measure_curve(cells_of(snapshot), snapshot.fused, QUERIES, homes, curve.all_cells)
    assert beyond.chosen == beyond.points[-1]
    assert (beyond.chosen.first, beyond.chosen.margin) == (len(cells_of(snapshot)), None)
    assert beyond.chosen.compared == 1
    assert beyond.chosen.recall == beyond.all_cells > 0.99


def test_a_target_out_of_reach_does_not_cost_a_look_at_everything(
    snapshot: Snapshot, homes: np.ndarray
) -> None:
    beyond = measure_curve(cells_of(snapshot), snapshot.fused, QUERIES, homes, 1.01)
    assert beyond.chosen == beyond.points[-2]
    assert beyond.chosen.margin is not None


def test_the_margins_are_those_that_reach_a_share_of_the_true_neighbours(
    snapshot: Snapshot, curve: ProbeCurve, homes: np.ndarray
) -> None:
    """A true neighbour's cell is reached, or probed first."""
    cells = cells_of(snapshot)
    truth = exact_truth(snapshot.fused, QUERIES)
    estimates = cells.estimates(QUERIES)
    growing = [point for point in curve.points if point.margin is not None]
    worst = cells.best(QUERIES, 10, growing[0].first)
    missing = worst[:, None] - np.take_along_axis(estimates, homes[truth.rows], axis=1)
    for point, share in zip(growing, (0.9, 0.95, 0.98), strict=False):
        assert (missing <= point.margin).mean() == pytest.approx(share, abs=2e-3)
        assert point.recall >= share - 0.005


def test_photos_as_queries_are_photos_of_the_library(snapshot: Snapshot, curve: ProbeCurve) -> None:
    rows = np.linspace(0, PHOTOS - 1, 200).astype(int)
    found, _ = recall(snapshot, np.asarray(snapshot.fused[rows], np.float32), curve.chosen)
    assert curve.photos_as_queries == pytest.approx(found, abs=1e-3)
    assert curve.photos_as_queries != curve.chosen.recall


@pytest.mark.parametrize("photos", [1, 2, 9, 17, 50])
def test_of_few_photos_all_are_found(tmp_path: Path, photos: int) -> None:
    write(tmp_path, VECTORS[:photos], QUERIES)
    curve = Snapshot(tmp_path).manifest.curve
    assert curve is not None
    assert curve.chosen.recall == curve.all_cells == curve.photos_as_queries == 1
    assert 0 < curve.chosen.compared <= 1


def test_any_copy_of_a_true_neighbour_counts_as_found(tmp_path: Path) -> None:
    """Thirty copies of each photo: which ten of them come is no matter."""
    write(tmp_path, np.repeat(VECTORS[:20], 30, axis=0), QUERIES)
    curve = Snapshot(tmp_path).manifest.curve
    assert curve is not None
    assert curve.all_cells == 1
    assert curve.chosen.recall >= RECALL_TARGET


def test_queries_unlike_all_photos_reach_the_target_too(tmp_path: Path) -> None:
    """As sentences are, which lie elsewhere in the space: more is compared for them."""
    random = np.random.default_rng(3)
    elsewhere = unit(random.normal(size=(150, VECTORS.shape[1])) + 1)
    write(tmp_path, VECTORS, elsewhere)
    snapshot = Snapshot(tmp_path)
    curve = snapshot.manifest.curve
    assert curve is not None
    assert curve.chosen.recall >= RECALL_TARGET
    others = unit(random.normal(size=(200, VECTORS.shape[1])) + 1)
    assert recall(snapshot, others, curve.chosen)[0] >= RECALL_TARGET - 0.015
