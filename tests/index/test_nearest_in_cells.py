"""How a snapshot's cells are used: its own choice, more cells for long results, all at need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres, nearest_by_brute_force, write

from wordsight.index import chunks as chunks_module
from wordsight.index.cells import Cells
from wordsight.index.nearest import (
    candidate_count,
    exactly,
    nearest,
    nearest_of_each,
)
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import Snapshot

PHOTOS = 3000
QUERIES = around_centres(30, seed=1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("snapshot")
    write(folder, around_centres(PHOTOS), around_centres(100, seed=2))
    return Snapshot(folder)


def cells_of(snapshot: Snapshot) -> Cells:
    assert snapshot.cells is not None
    return snapshot.cells


def test_the_snapshots_own_choice_is_the_default(snapshot: Snapshot) -> None:
    chosen = snapshot.manifest.probing
    assert chosen is not None
    assert chosen.first * PHOTOS / len(cells_of(snapshot)) > 4 * 5  # room for five results
    for query in QUERIES:
        rows = nearest(snapshot, query, 5)[0]
        assert rows.tolist() == nearest(snapshot, query, 5, probing=chosen)[0].tolist()


def test_most_of_the_nearest_are_found_by_comparing_a_part(snapshot: Snapshot) -> None:
    chosen = snapshot.manifest.probing
    assert chosen is not None
    _, compared = cells_of(snapshot).search(QUERIES, 10, candidate_count(10), chosen)
    assert compared.mean() < PHOTOS / 2
    shared = [
        len(set(nearest(snapshot, query, 10)[0].tolist()) & set(exact(snapshot, query)))
        for query in QUERIES
    ]
    assert np.mean(shared) >= 9.5


def exact(snapshot: Snapshot, query: np.ndarray) -> list[int]:
    return nearest_by_brute_force(np.asarray(snapshot.fused), query, 10)


def test_one_probe_looks_into_one_cell_only(snapshot: Snapshot) -> None:
    sizes = cells_of(snapshot).sizes
    for query in QUERIES:
        rows, _ = nearest(snapshot, query, PHOTOS, probing=Probing(1))
        assert 0 < len(rows) <= sizes.max()  # fewer than wanted: the cell holds no more
        assert len(rows) in sizes


def test_long_results_look_into_more_cells(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed = []
    search = Cells.search

    def note(self: Cells, *arguments: object) -> object:
        probed.append(arguments[3])
        return search(self, *arguments)

    monkeypatch.setattr(Cells, "search", note)
    counts = (1, 10, 100, 300)
    for count in counts:
        assert len(nearest(snapshot, QUERIES[0], count)[0]) == count
    chosen = snapshot.manifest.probing
    assert chosen is not None
    a_cell = PHOTOS / len(cells_of(snapshot))
    for count, probing in zip(counts, probed, strict=True):
        assert probing.margin == chosen.margin
        assert probing.first >= chosen.first
        assert probing.first * a_cell >= 4 * count
    assert probed[0].first == chosen.first
    assert probed[-1].first > chosen.first


def test_where_the_probed_cells_hold_too_few_all_photos_are_compared(snapshot: Snapshot) -> None:
    """All but two hundred photos far from the query are excluded."""
    query = QUERIES[0]
    far = np.array(nearest_by_brute_force(np.asarray(snapshot.fused), query, PHOTOS)[-200:])
    excluded = np.setdiff1d(np.arange(PHOTOS), far)
    rows, scores = nearest(snapshot, query, 150, excluded)
    assert rows.tolist() == far[:150].tolist()
    assert np.isfinite(scores).all()
    few, _ = nearest(snapshot, query, 150, excluded, Probing(1))  # not where cells are given
    assert len(few) < 150


def test_many_queries_at_once_find_what_each_finds_alone(snapshot: Snapshot) -> None:
    for probing in (None, Probing(1), Probing(3, 0.1), Probing(len(cells_of(snapshot)))):
        rows, scores = nearest_of_each(snapshot, QUERIES, 10, probing)
        assert rows.shape == scores.shape == (len(QUERIES), 10)
        for query, mine, mine_scores in zip(QUERIES, rows, scores, strict=True):
            alone, alone_scores = nearest(snapshot, query, 10, probing=probing)
            assert mine[mine >= 0].tolist() == alone.tolist()
            assert mine_scores[mine >= 0].tolist() == alone_scores.tolist()


def test_of_many_queries_at_once_what_is_missing_is_marked(snapshot: Snapshot) -> None:
    rows, _ = nearest_of_each(snapshot, QUERIES, PHOTOS, Probing(1))
    held = (rows >= 0).sum(1)
    assert (held < PHOTOS).all()
    for mine, count in zip(rows, held, strict=True):
        assert (mine[:count] >= 0).all()
        assert (mine[count:] == -1).all()


def test_many_queries_at_once_need_cells(tmp_path: Path) -> None:
    write(tmp_path, around_centres(5), exact_below=6)
    with pytest.raises(ValueError, match="searched exactly"):
        nearest_of_each(Snapshot(tmp_path), QUERIES, 10)


@pytest.mark.parametrize("at_once", [7, 2999, 3000, 3001])
def test_the_borders_of_the_chunks_show_nowhere(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(chunks_module, "_ROWS", at_once)
    excluded = np.array([0, 2999])
    for query in QUERIES[:5]:
        rows, scores = exactly(snapshot, query, 10, excluded)
        stored = np.asarray(snapshot.fused)
        assert rows.tolist() == nearest_by_brute_force(stored, query, 10, excluded)
        np.testing.assert_allclose(scores, stored[rows] @ query, atol=1e-6)
