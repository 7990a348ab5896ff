"""Any index keeps the same promises: comparing all, probing all cells, probing some."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.vectors import around_centres, nearest_by_brute_force, unit, write

from wordsight.index.nearest import nearest, top
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import Snapshot

PHOTOS = 900
FUSED = around_centres(PHOTOS)
QUERIES = around_centres(12, seed=1)
NOTHING = np.empty(0, np.int64)
KINDS = ("exact", "all cells", "chosen cells")
COMPLETE = ("exact", "all cells")


@dataclass
class Index:
    """A snapshot, and how it is searched."""

    snapshot: Snapshot
    probing: Probing | None

    def search(
        self, query: np.ndarray, count: int, excluded: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        return nearest(self.snapshot, query, count, excluded, self.probing)


def build(folder: Path, kind: str, fused: np.ndarray) -> Index:
    folder.mkdir()
    write(folder, fused, exact_below=len(fused) + 1 if kind == "exact" else 1)
    snapshot = Snapshot(folder)
    cells = snapshot.manifest.cells
    assert (kind == "exact") == (snapshot.cells is None) or not len(fused)
    return Index(snapshot, Probing(max(1, cells)) if kind == "all cells" else None)


@pytest.fixture(scope="module", params=KINDS)
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return build(tmp_path_factory.mktemp("index") / "snapshot", request.param, FUSED)


@pytest.fixture(scope="module", params=COMPLETE)
def complete(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """One that misses nothing."""
    return build(tmp_path_factory.mktemp("complete") / "snapshot", request.param, FUSED)


def test_results_come_with_their_cosines_the_nearest_first(index: Index) -> None:
    for query in QUERIES:
        rows, scores = index.search(query, 10)
        assert (rows.dtype, scores.dtype) == (np.int64, np.float32)
        assert len(set(rows.tolist())) == 10
        assert (np.diff(scores) <= 0).all()
        np.testing.assert_allclose(scores, index.snapshot.fused[rows] @ query, atol=1e-6)
        np.testing.assert_allclose(scores, FUSED[rows] @ query, atol=1e-6)


def test_the_nearest_are_found(complete: Index) -> None:
    stored = np.asarray(complete.snapshot.fused)
    for query in QUERIES:
        rows, _ = complete.search(query, 10)
        assert rows.tolist() == nearest_by_brute_force(stored, query, 10)


@pytest.mark.parametrize("excluded", [1, 40, PHOTOS // 2, PHOTOS - 3])
def test_others_take_the_place_of_what_is_excluded(complete: Index, excluded: int) -> None:
    stored = np.asarray(complete.snapshot.fused)
    for query in QUERIES[:4]:
        best = np.sort(complete.search(query, excluded)[0])
        assert len(best) == excluded
        rows, _ = complete.search(query, 10, best)
        assert rows.tolist() == nearest_by_brute_force(stored, query, 10, best)


def test_what_is_excluded_never_comes_back(index: Index) -> None:
    excluded = np.arange(0, PHOTOS, 2)
    for query in QUERIES:
        rows, scores = index.search(query, 30, excluded)
        assert len(rows) == 30
        assert (rows % 2 == 1).all()
        assert np.isfinite(scores).all()


def test_excluding_nothing_is_no_exclusion(index: Index) -> None:
    for query in QUERIES:
        with_nothing = index.search(query, 10, NOTHING)[0]
        assert with_nothing.tolist() == index.search(query, 10)[0].tolist()


@pytest.mark.parametrize("count", [PHOTOS - 1, PHOTOS, PHOTOS + 5])
def test_as_many_come_back_as_there_are(index: Index, count: int) -> None:
    rows, scores = index.search(QUERIES[0], count)
    assert len(rows) == len(set(rows.tolist())) == min(count, PHOTOS)
    assert (np.diff(scores) <= 0).all()


def test_no_more_come_back_than_are_left(index: Index) -> None:
    rows, scores = index.search(QUERIES[0], 10, np.arange(3, PHOTOS))
    assert sorted(rows.tolist()) == [0, 1, 2]
    assert np.isfinite(scores).all()
    assert [len(part) for part in index.search(QUERIES[0], 10, np.arange(PHOTOS))] == [0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_library_finds_nothing(tmp_path: Path, kind: str) -> None:
    index = build(tmp_path / "snapshot", kind, FUSED[:0])
    assert [len(part) for part in index.search(QUERIES[0], 10)] == [0, 0]
    assert [len(part) for part in index.search(QUERIES[0], 10, NOTHING)] == [0, 0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_few_photos_are_all_found(tmp_path: Path, kind: str, count: int) -> None:
    index = build(tmp_path / "snapshot", kind, FUSED[:count])
    for query in QUERIES:
        rows, scores = index.search(query, 10)
        assert rows.tolist() == nearest_by_brute_force(FUSED[:count], query, 10)
        np.testing.assert_allclose(scores, FUSED[rows] @ query, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("copies", [60, 61, 300])
def test_copies_of_one_photo_are_equally_good(tmp_path: Path, kind: str, copies: int) -> None:
    index = build(tmp_path / "snapshot", kind, FUSED[:1].repeat(copies, axis=0))
    for excluded in (NOTHING, np.arange(copies - 20), np.arange(20, copies)):
        rows, scores = index.search(QUERIES[0], 20, excluded)
        assert len(set(rows.tolist())) == 20
        assert not set(rows.tolist()) & set(excluded.tolist())
        np.testing.assert_allclose(scores, FUSED[0] @ QUERIES[0], atol=1e-3)
        assert scores.max() - scores.min() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_copies_among_others_stand_together(tmp_path: Path, kind: str) -> None:
    """Three photos copied twenty times each, and one that is nearer than all."""
    fused = np.concatenate([np.tile(FUSED[:3], (20, 1)), QUERIES[:1]])
    index = build(tmp_path / "snapshot", kind, fused)
    rows, _ = index.search(QUERIES[0], 61)
    assert rows[0] == 60
    assert sorted(rows.tolist()) == list(range(61))
    nearer = np.argsort(-(FUSED[:3] @ QUERIES[0]))
    assert (rows[1:] % 3).tolist() == nearer.repeat(20).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_opposite_photos_have_the_lowest_scores(tmp_path: Path, kind: str) -> None:
    fused = unit(np.concatenate([FUSED[:40], -FUSED[:40]]))
    index = build(tmp_path / "snapshot", kind, fused)
    rows, scores = index.search(FUSED[7], 80)
    assert (rows[0], rows[-1]) == (7, 47)
    assert scores[0] == pytest.approx(1, abs=1e-3)
    assert scores[-1] == pytest.approx(-1, abs=1e-3)


@given(st.lists(st.integers(-3, 3), max_size=40), st.integers(1, 50))
def test_the_highest_scores_come_first_and_ties_by_place(scores: list[int], count: int) -> None:
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:count]
    assert top(np.array(scores, np.float32), count).tolist() == expected
