"""CIDEr-D (Vedantam et al. 2015) of many captions against fixed references, as a reward.

`pycocoevalcap` reads all references anew at each call; here they are counted once, which makes
scoring a sampled caption a matter of microseconds. A test compares the figures.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Words = Sequence[int] | Sequence[str]
_Vector = dict[tuple[int | str, ...], float]

_ORDERS = 4
_LENGTH_SPREAD = 6.0


class CiderScorer:
    """Scores of captions for the photos whose references it was given.

    Args:
        references: for each photo its captions, each a sequence of words or word ids.
    """

    def __init__(self, references: Sequence[Sequence[Words]]) -> None:
        counted = [[_ngrams(words) for words in photo] for photo in references]
        seen: Counter[tuple[int | str, ...]] = Counter()
        for photo in counted:
            seen.update({gram for grams in photo for gram in grams})
        self._photos = math.log(max(len(references), 2))
        self._idf = {gram: self._photos - math.log(count) for gram, count in seen.items()}
        self._references = [
            [(self._weigh(grams), len(words)) for grams, words in zip(photo, texts, strict=True)]
            for photo, texts in zip(counted, references, strict=True)
        ]

    def score(self, photos: Iterable[int], captions: Iterable[Words]) -> npt.NDArray[np.float32]:
        """CIDEr-D of each caption for its photo (by place in `references`), 0 to 10."""
        pairs = zip(photos, captions, strict=True)
        return np.array([self._score(photo, words) for photo, words in pairs], np.float32)

    def _score(self, photo: int, words: Words) -> float:
        vectors, norms = self._weigh(_ngrams(words))
        total = 0.0
        for (references, lengths), length in self._references[photo]:
            penalty = math.exp(-((len(words) - length) ** 2) / (2 * _LENGTH_SPREAD**2))
            for order in range(_ORDERS):
                if norms[order] and lengths[order]:
                    shared = _clipped_product(vectors[order], references[order])
                    total += penalty * shared / (norms[order] * lengths[order])
        return 10 * total / (_ORDERS * len(self._references[photo]))

    def _weigh(self, grams: Counter[tuple[int | str, ...]]) -> tuple[list[_Vector], list[float]]:
        """TF-IDF vectors by n-gram order, and their norms."""
        vectors: list[_Vector] = [{} for _ in range(_ORDERS)]
        for gram, count in grams.items():
            vectors[len(gram) - 1][gram] = count * self._idf.get(gram, self._photos)
        return vectors, [math.sqrt(sum(v * v for v in vector.values())) for vector in vectors]


def _ngrams(words: Words) -> Counter[tuple[int | str, ...]]:
    grams: Counter[tuple[int | str, ...]] = Counter()
    for order in range(1, _ORDERS + 1):
        grams.update(zip(*(words[at:] for at in range(order)), strict=False))
    return grams


def _clipped_product(candidate: _Vector, reference: _Vector) -> float:
    return sum(
        min(value, reference[gram]) * reference[gram]
        for gram, value in candidate.items()
        if gram in reference
    )
