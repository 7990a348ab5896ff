"""Correlation of small grey pictures, whole and as crops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wordsight.duplicates.alignment import aligned_correlation, correlation
from wordsight.photos.thumbprint import SIDE, Thumbprint


def picture(seed: int) -> Thumbprint:
    """Blurred noise: no two alike."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def of_one(measure, one: Thumbprint, other: Thumbprint) -> float:
    return float(measure(one[None], other[None])[0])


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_correlation_is_that_of_statistics(one: int, other: int) -> None:
    first, second = picture(one), picture(other)
    expected = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert of_one(correlation, first, second) == pytest.approx(expected, abs=1e-3)


@given(
    st.integers(0, 10_000),
    st.sampled_from([1.0, 0.9, 0.8, 0.7]),
    st.sampled_from([1.0, 0.9, 0.8, 0.7]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_crop_fits_into_what_it_was_cut_from(
    seed: int, wide: float, high: float, left: float, top: float
) -> None:
    whole = Image.fromarray(picture(seed)).resize((SIDE * 10, SIDE * 10), Image.Resampling.BICUBIC)
    width, height = int(whole.width * wide), int(whole.height * high)
    x, y = int(left * (whole.width - width)), int(top * (whole.height - height))
    cut = whole.crop((x, y, x + width, y + height)).resize((SIDE, SIDE), Image.Resampling.BOX)
    assert of_one(aligned_correlation, picture(seed), np.asarray(cut)) > 0.85
    assert of_one(aligned_correlation, np.asarray(cut), picture(seed)) > 0.85


@given(st.integers(0, 255), st.integers(0, 255))
def test_plain_pictures_are_not_alike(one: int, other: int) -> None:
    """Two black photos have nothing in common but that they show nothing."""
    plain = np.full((SIDE, SIDE), one, np.uint8), np.full((SIDE, SIDE), other, np.uint8)
    assert of_one(correlation, *plain) == pytest.approx(0, abs=1e-3)
    assert of_one(aligned_correlation, *plain) == pytest.approx(0, abs=1e-3)
    assert of_one(aligned_correlation, plain[0], picture(1)) < 0.5
