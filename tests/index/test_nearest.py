"""Searching in cells against searching in full."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordsight.index.build import SnapshotVectors, write_snapshot
from wordsight.index.clustering import fit_clustering
from wordsight.index.nearest import RECALL_TARGET, measure_probes, nearest, top
from wordsight.index.snapshot import Origin, Snapshot

PHOTOS, DIMENSION = 800, 24


def around_centres(count: int, seed: int) -> np.ndarray:
    """Unit vectors around twenty directions; the seed only chooses among them."""
    centres = np.random.default_rng(99).normal(size=(20, DIMENSION))
    random = np.random.default_rng(seed)
    vectors = centres[random.integers(0, 20, count)]
    vectors = vectors + 0.4 * random.normal(size=(count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


QUERIES = around_centres(20, seed=1)
ORIGIN = Origin("catalog-1", "models-1", 1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("snapshot")
    fused = around_centres(PHOTOS, seed=0)
    vectors = SnapshotVectors(np.arange(PHOTOS), fused, fused, fused)
    write_snapshot(folder, vectors, fit_clustering(fused), lambda: QUERIES, ORIGIN, exact_below=1)
    return Snapshot(folder)


def exactly(snapshot: Snapshot, query: np.ndarray, count: int, excluded: set[int]) -> list[int]:
    scores = np.asarray(snapshot.fused, np.float64) @ query
    return [int(row) for row in np.argsort(-scores) if row not in excluded][:count]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_exact_search_is_exact(snapshot: Snapshot, query: np.ndarray) -> None:
    rows, scores = nearest(snapshot, query, 10, nprobe=0)
    assert rows.tolist() == exactly(snapshot, query, 10, set())
    np.testing.assert_allclose(scores, snapshot.fused[rows] @ query, atol=1e-6)
    assert (np.diff(scores) <= 0).all()


def test_all_cells_together_hold_what_exact_search_finds(snapshot: Snapshot) -> None:
    for query in QUERIES:
        rows, scores = nearest(snapshot, query, 10, nprobe=snapshot.manifest.cells)
        truth, true_scores = nearest(snapshot, query, 10, nprobe=0)
        assert set(rows.tolist()) == set(truth.tolist())
        np.testing.assert_allclose(scores, true_scores, atol=1e-6)  # in full, not as reduced


@pytest.mark.parametrize("cells", [False, True], ids=["exact", "cells"])
def test_excluded_photos_never_come_back_and_others_take_their_place(
    snapshot: Snapshot, cells: bool
) -> None:
    nprobe = snapshot.manifest.cells if cells else 0
    for query in QUERIES:
        excluded = nearest(snapshot, query, 40, nprobe=0)[0]
        rows, _ = nearest(snapshot, query, 10, excluded, nprobe)
        assert len(rows) == 10
        assert not set(rows.tolist()) & set(excluded.tolist())
        assert set(rows.tolist()) == set(exactly(snapshot, query, 10, set(excluded.tolist())))


@pytest.mark.parametrize("cells", [False, True], ids=["exact", "cells"])
def test_no_more_come_back_than_there_are(snapshot: Snapshot, cells: bool) -> None:
    nprobe = snapshot.manifest.cells if cells else 0
    assert len(nearest(snapshot, QUERIES[0], PHOTOS + 5, nprobe=nprobe)[0]) == PHOTOS
    all_but_three = np.arange(3, PHOTOS)
    rows, scores = nearest(snapshot, QUERIES[0], 10, all_but_three, nprobe)
    assert sorted(rows.tolist()) == [0, 1, 2]
    assert np.isfinite(scores).all()
    assert len(nearest(snapshot, QUERIES[0], 10, np.arange(PHOTOS), nprobe)[0]) == 0


def test_excluding_nothing_is_no_exclusion(snapshot: Snapshot) -> None:
    nothing = np.empty(0, np.int64)
    for nprobe in (0, 2):
        with_nothing = nearest(snapshot, QUERIES[0], 10, nothing, nprobe)[0]
        assert with_nothing.tolist() == nearest(snapshot, QUERIES[0], 10, None, nprobe)[0].tolist()


def test_the_snapshots_own_choice_is_the_default(snapshot: Snapshot) -> None:
    chosen = snapshot.manifest.nprobe
    for query in QUERIES:
        rows = nearest(snapshot, query, 10)[0]
        assert rows.tolist() == nearest(snapshot, query, 10, nprobe=chosen)[0].tolist()


def test_one_probe_looks_into_one_cell_only(snapshot: Snapshot) -> None:
    clustering = fit_clustering(np.asarray(snapshot.fused))
    assert snapshot.cells is not None
    for query in QUERIES:
        (cell,) = snapshot.cells.probed(query[None], 1)[0].tolist()
        rows = nearest(snapshot, query, 10, nprobe=1)[0]
        assert set(clustering.cells[rows].tolist()) == {cell}


def test_recall_grows_with_the_probes_to_its_target(snapshot: Snapshot) -> None:
    curve = measure_probes(snapshot, QUERIES)
    cells = snapshot.manifest.cells
    probes = [point.nprobe for point in curve]
    doubling = [1, 2, 4, 8, 16, 32, 64]
    assert probes in ([*doubling[: len(probes)]], [*doubling[: len(probes) - 1], cells])
    assert curve[-1].recall >= RECALL_TARGET or curve[-1].nprobe == cells
    assert all(point.recall < RECALL_TARGET for point in curve[:-1])
    recalls = [point.recall for point in curve]
    assert all(later >= sooner - 0.02 for sooner, later in pairwise(recalls))
    compared = [point.compared for point in curve]
    assert compared == sorted(compared)
    assert 0 < compared[0] <= compared[-1] <= 1 + 1e-9


def test_a_target_out_of_reach_probes_all_cells_and_compares_everything(
    snapshot: Snapshot,
) -> None:
    last = measure_probes(snapshot, QUERIES, target=1.1)[-1]
    assert last.nprobe == snapshot.manifest.cells
    assert last.compared == pytest.approx(1)
    assert last.recall > 0.99


def test_recall_is_measured_against_exact_search(snapshot: Snapshot) -> None:
    (first, *_) = measure_probes(snapshot, QUERIES)
    shares = []
    for query in QUERIES:
        truth = set(exactly(snapshot, query, 10, set()))
        found = nearest(snapshot, query, 10, nprobe=first.nprobe)[0]
        shares.append(len(truth & set(found.tolist())) / 10)
    assert first.recall == pytest.approx(np.mean(shares))


def test_no_queries_give_no_curve(tmp_path: Path, snapshot: Snapshot) -> None:
    assert measure_probes(snapshot, QUERIES[:0]) == ()
    fused = around_centres(5, seed=0)
    vectors = SnapshotVectors(np.arange(5), fused, fused, fused)
    write_snapshot(tmp_path, vectors, fit_clustering(fused), lambda: QUERIES, ORIGIN)
    assert measure_probes(Snapshot(tmp_path), QUERIES) == ()  # exact: nothing to probe


@given(st.lists(st.integers(-3, 3), max_size=40), st.integers(1, 50))
def test_the_highest_scores_come_first_and_ties_by_place(scores: list[int], count: int) -> None:
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:count]
    assert top(np.array(scores, np.float32), count).tolist() == expected
