"""The highest estimates are found whatever way is taken: a long row by itself goes another."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wordsight.index.ranking import highest


@given(
    width=st.integers(1, 700),
    count=st.integers(1, 20),
    values=st.integers(1, 1000),
    seed=st.integers(0, 1000),
)
def test_one_row_gives_its_highest_even_where_many_are_equal(
    width: int, count: int, values: int, seed: int
) -> None:
    drawn = np.random.default_rng(seed).integers(values, size=(2, width))
    scores = np.where(drawn == 0, -np.inf, drawn).astype(np.float32)
    for rows in (scores[:1], scores):
        places = highest(rows, count)
        assert all(len(set(row)) == min(count, width) for row in places.tolist())
        taken = np.sort(np.take_along_axis(rows, places, 1), axis=1)
        np.testing.assert_array_equal(taken, np.sort(rows, axis=1)[:, -count:])
