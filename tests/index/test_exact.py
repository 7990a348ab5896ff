"""What everything else is measured against, and how many vectors are read, by plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from tests.index.vectors import around_centres, nearest_by_brute_force

from wordsight.index import chunks as chunks_module
from wordsight.index.chunks import chunks
from wordsight.index.exact import exact_truth

VECTORS = around_centres(300, spread=1.2)
QUERIES = around_centres(20, spread=1.2, seed=1)


@pytest.fixture(params=[3, 7, 10, 99, 100, 101, 1000])
def _at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "_ROWS", request.param)


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("photos", [1, 9, 10, 11, 100, 300])
@pytest.mark.parametrize("count", [1, 10, 40])
def test_the_truth_is_that_of_plain_numpy_across_any_borders(photos: int, count: int) -> None:
    vectors = VECTORS[:photos]
    truth = exact_truth(vectors, QUERIES, count)
    assert truth.rows.shape == (20, min(count, photos))
    for query, rows, least in zip(QUERIES, truth.rows, truth.least, strict=True):
        expected = nearest_by_brute_force(vectors, query, count)
        assert sorted(rows.tolist()) == sorted(expected)
        assert least == pytest.approx(vectors[expected[-1]] @ query, abs=1e-6)


def test_of_copies_any_are_the_truth() -> None:
    copies = VECTORS[:2].repeat(30, axis=0)
    truth = exact_truth(copies, QUERIES)
    for query, rows, least in zip(QUERIES, truth.rows, truth.least, strict=True):
        assert len(set(rows.tolist())) == 10
        assert least == pytest.approx(max(VECTORS[:2] @ query), abs=1e-6)


def test_halves_are_compared_as_they_are() -> None:
    halves = VECTORS.astype(np.float16)
    for query, rows in zip(QUERIES, exact_truth(halves, QUERIES).rows, strict=True):
        assert sorted(rows.tolist()) == sorted(nearest_by_brute_force(halves, query, 10))


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("count", [0, 1, 7, 100, 300])
def test_all_vectors_are_read_once_in_their_order(count: int) -> None:
    halves = VECTORS[:count].astype(np.float16)
    parts = list(chunks(halves))
    assert all(part.dtype == np.float32 and 0 < len(part) <= chunks_module._ROWS for part in parts)
    np.testing.assert_array_equal(np.concatenate([*parts, halves[:0]]), halves)


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("step", [1, 3, 50])
def test_some_rows_are_read_in_their_order(step: int) -> None:
    rows = np.arange(2, 300, step)
    parts = list(chunks(VECTORS, rows))
    assert all(0 < len(part) <= chunks_module._ROWS for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts), VECTORS[rows])
    assert list(chunks(VECTORS, rows[:0])) == []
