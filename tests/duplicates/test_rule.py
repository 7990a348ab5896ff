"""The rule by itself, on rows that lie where its conditions part."""

from __future__ import annotations

import numpy as np
from PIL import Image
from tests.duplicates.test_alignment import picture

from wordsight.catalog.likenesses import LikenessRows
from wordsight.duplicates.rule import near_duplicates
from wordsight.photos.thumbprint import Thumbprint


def rows(
    thumbprints: list[Thumbprint], cosine: float, first: int = 1, compared: bool = False
) -> LikenessRows:
    """Photos whose vectors lie so near to each other."""
    count = len(thumbprints)
    own = np.eye(9, dtype=np.float32)[first : first + count] * np.sqrt(1 - cosine)
    own[:, 0] = np.sqrt(cosine)
    return LikenessRows(
        np.arange(first, first + count),
        own,
        np.stack(thumbprints).reshape(count, -1),
        np.full(count, np.nan),
        np.zeros(count, np.int64),
        np.full(count, compared),
    )


def test_the_same_picture_is_told_however_far_the_vectors_lie_apart() -> None:
    noisy = np.clip(picture(1).astype(int) + 2, 0, 255).astype(np.uint8)
    both = rows([picture(1), noisy, picture(2)], cosine=0.4)
    assert near_duplicates(both, both) == [(2, 1)]


def test_like_scenes_are_told_only_where_one_fits_into_the_other() -> None:
    large = Image.fromarray(picture(1)).resize((160, 160), Image.Resampling.BICUBIC)
    part = np.asarray(large.crop((16, 16, 144, 144)).resize((32, 32), Image.Resampling.BOX))
    both = rows([picture(1), part, picture(2)], cosine=0.9)
    assert near_duplicates(both, both) == [(2, 1)]
    assert near_duplicates(*[rows([picture(1), part, picture(2)], cosine=0.8)] * 2) == []


def test_each_pair_is_told_once_whatever_was_compared_before() -> None:
    old = rows([picture(1)] * 2, 0.5, first=5, compared=True)
    new = rows([picture(1)], 0.5, first=1)
    assert sorted(near_duplicates(new, old)) == [(1, 5), (1, 6)]
    later = rows([picture(1)], 0.5, first=5)
    assert near_duplicates(new, later) == []
    assert near_duplicates(later, new) == [(5, 1)]
