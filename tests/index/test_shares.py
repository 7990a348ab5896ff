"""What of a photo's vector is its caption's, and what its picture's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.vectors import around_centres, unit

from wordsight.index.shares import coded, picture_scores, shares_of
from wordsight.models.fusion import fuse

PHOTOS, DIMENSION = 40, 24
CAPTIONS = around_centres(PHOTOS, DIMENSION, seed=2)
QUERY = around_centres(1, DIMENSION, seed=1)[0]


@given(seed=st.integers(0, 1000), weight=st.floats(0.05, 0.95))
def test_the_cosine_with_the_picture_follows_from_the_others(seed: int, weight: float) -> None:
    pictures = around_centres(PHOTOS, DIMENSION, seed=seed)
    fused = fuse(CAPTIONS, pictures, weight)
    shares = shares_of(fused, CAPTIONS, pictures)
    halves = CAPTIONS.astype(np.float16).astype(np.float32)
    told = picture_scores(shares, fused @ QUERY, halves @ QUERY)
    np.testing.assert_allclose(told, pictures @ QUERY, atol=1e-3 / (1 - weight))


def test_without_a_picture_its_cosine_is_0() -> None:
    nothing = np.zeros_like(CAPTIONS)
    shares = shares_of(fuse(CAPTIONS, nothing, 0.1), CAPTIONS, nothing)
    np.testing.assert_allclose(shares, [[1, 0]] * PHOTOS, atol=1e-6)
    assert not picture_scores(shares, CAPTIONS @ QUERY, CAPTIONS @ QUERY).any()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_picture_where_the_caption_lies_has_all(sign: int) -> None:
    pictures = unit(sign * CAPTIONS)
    fused = fuse(CAPTIONS, pictures, 0.1)
    told = picture_scores(shares_of(fused, CAPTIONS, pictures), fused @ QUERY, CAPTIONS @ QUERY)
    np.testing.assert_allclose(told, pictures @ QUERY, atol=1e-5)


def test_codes_keep_cosines_to_a_few_thousandths_at_most() -> None:
    vectors, queries = (around_centres(PHOTOS, 384, seed=seed) for seed in (3, 4))
    codes, scales = coded(vectors)
    assert (codes.dtype, codes.min() >= -127) == (np.int8, True)
    errors = np.abs(codes @ queries.T * scales[:, None] - vectors @ queries.T)
    assert errors.max() < 3e-3
    assert errors.mean() < 5e-4


def test_a_vector_of_zeros_has_codes() -> None:
    codes, scales = coded(np.zeros((1, DIMENSION), np.float32))
    assert not (codes * scales[:, None]).any()
