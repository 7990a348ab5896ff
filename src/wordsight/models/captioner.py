"""The captioner at work: CNN grids to sentences, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wordsight.models.decoding import MAX_BEAMS, Decoded, Ids, beam_search
from wordsight.models.runtime import Floats, OnnxModel
from wordsight.models.vocabulary import Vocabulary

MAX_WORDS = 20


@dataclass(frozen=True)
class Caption:
    """A sentence about a photo.

    `confidence` is the mean token log-probability (0 is certain). `attention` is float32
    `[words, 49]`: for each word of `text`, the share of attention on each cell of the 7 x 7
    grid, row by row.
    """

    text: str
    confidence: float
    attention: Floats


class Captioner:
    """Show, Attend and Tell (Xu et al. 2015, soft attention), whatever its decoder.

    Args:
        folder: holds `captioner_start.onnx`, `captioner_step.onnx` and `vocabulary.txt`.
        threads: cores for one call; 0 means all.
        beams: partial captions kept a photo; 1 is greedy decoding.

    Raises:
        ModelError: a file is missing or damaged.
        ValueError: `beams` is out of range.
    """

    def __init__(self, folder: Path, threads: int = 0, beams: int = 3) -> None:
        if not 1 <= beams <= MAX_BEAMS:
            raise ValueError(f"beams must be between 1 and {MAX_BEAMS}, not {beams}")
        self.beams = beams
        self.vocabulary = Vocabulary.load(folder / "vocabulary.txt")
        self._recurring = self.vocabulary.recurring()
        self._start = OnnxModel(folder / "captioner_start.onnx", threads)
        self._step = OnnxModel(folder / "captioner_step.onnx", threads)

    def caption(self, grid: Floats) -> list[Caption]:
        """One caption for each photo of `grid`, float32 `[n, 49, 1280]`."""
        annotations, keys, hidden = self._start(grid=grid)
        held: Ids = np.arange(len(grid))

        def step(photos: Ids, last: Ids, states: Floats) -> tuple[Floats, Ids, Floats, Floats]:
            nonlocal annotations, keys, held
            if len(photos) < len(held):  # some have their captions
                still = np.searchsorted(held, photos)
                annotations, keys, held = annotations[still], keys[still], photos
            scores, candidates, following, attention = self._step(
                word=last, hidden=states, annotations=annotations, keys=keys
            )
            return scores, candidates.astype(np.int64), following, attention

        decoded = beam_search(step, hidden, self.beams, MAX_WORDS, self._recurring)
        return [self._sentence(one) for one in decoded]

    def _sentence(self, decoded: Decoded) -> Caption:
        words, places = join_possessives(self.vocabulary.decode(decoded.ids))
        return Caption(" ".join(words), decoded.confidence, decoded.attention[places])


def join_possessives(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """ "man 's" is two words in the training captions; here they are one again.

    Returns the words, and the place among the given ones where each begins.
    """
    joined: list[str] = []
    places: list[int] = []
    for place, word in enumerate(words):
        if word == "s" and joined:
            joined[-1] += "'s"
        else:
            joined.append(word)
            places.append(place)
    return joined, places
