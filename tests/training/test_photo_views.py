"""What a photo is shown as in training."""

from __future__ import annotations

import numpy as np

from wordsight.training.views import view_of

PIXELS = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


def test_the_first_views_are_the_photo_and_its_mirror_image() -> None:
    assert (view_of(PIXELS, 0, 5) == PIXELS).all()
    assert (view_of(PIXELS, 1, 5) == PIXELS[:, ::-1]).all()


def test_cut_outs_keep_the_size_and_differ_by_photo_and_view_alone() -> None:
    cut = view_of(PIXELS, 2, 5)
    assert cut.shape == PIXELS.shape
    assert cut.dtype == np.uint8
    assert (view_of(PIXELS, 2, 5) == cut).all()
    for view, photo in ((0, 5), (2, 6), (4, 5)):
        assert (view_of(PIXELS, view, photo) != cut).any()
