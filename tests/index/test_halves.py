"""Products of float16 vectors are those of the same numbers in float32."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wordsight.index.halves import products

HALVES = arrays(np.float16, (5, 8), elements=st.floats(-60000, 60000, width=16))
NAMED = [0.0, -0.0, 1.0, -1.0, 6.1e-5, -6.1e-5, 6e-8, -6e-8, 0.333, 65504.0, -65504.0]


@given(HALVES)
def test_any_finite_numbers(halves: np.ndarray) -> None:
    query = np.linspace(-1, 1, 8, dtype=np.float32)
    expected = halves.astype(np.float32) @ query
    np.testing.assert_allclose(products(halves, query), expected, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("number", NAMED)
def test_each_is_what_it_is(number: float) -> None:
    half = np.array([[number]], np.float16)
    one = np.ones(1, np.float32)
    assert products(half, one)[0] == half.astype(np.float32)[0, 0]


def test_of_floats_as_well() -> None:
    vectors = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    np.testing.assert_array_equal(products(vectors, vectors[0]), vectors @ vectors[0])
