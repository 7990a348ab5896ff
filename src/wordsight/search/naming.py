"""Words that tell a cell of photos from the others, out of its captions."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")  # noqa: RUF001, people type both apostrophes
_SMOOTHING = 2.0
"""A cell is counted as if it had so many more captions, with the library's shares."""

_STOP_WORDS = """
a an and are as at be been being by does doing for from front has have he her him his i in into is
it its near of off on onto or other out over she some that the their them there these they this
those through to up was we were what which while who with you
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


@dataclass
class WordCounts:
    """In how many of so many captions each word stands."""

    captions: int = 0
    words: Counter[str] = field(default_factory=Counter)

    def add(self, caption: str) -> None:
        """Count one more caption."""
        self.captions += 1
        self.words.update(words_of(caption))

    @classmethod
    def total(cls, parts: Iterable[WordCounts]) -> WordCounts:
        """Of all parts together."""
        whole = cls()
        for part in parts:
            whole.captions += part.captions
            whole.words.update(part.words)
        return whole


def words_of(caption: str) -> set[str]:
    """The words of a caption, in lower case, without those that every caption has."""
    words = _WORD.findall(caption.lower())
    return {word for word in words if len(word) > 1} - STOP_WORDS


def naming_words(cell: WordCounts, library: WordCounts, most: int = 5) -> list[str]:
    """The words that name a cell best, the best first.

    Words are ranked by what they add to the Kullback-Leibler divergence of the cell from the
    library: the share of the cell's captions with the word, times the logarithm of how many
    times the library's share that is. A word in every caption of the cell so comes before one
    that is rare and stands there once.

    Args:
        cell: counts of the cell's captions.
        library: counts of all captions, those of the cell among them.
        most: no more words than these; fewer where fewer are more frequent than elsewhere.
    """
    weights = {word: _weight(word, cell, library) for word in cell.words}
    named = [word for word, weight in weights.items() if weight > 0]
    return sorted(named, key=lambda word: (-weights[word], word))[:most]


def _weight(word: str, cell: WordCounts, library: WordCounts) -> float:
    if cell.words[word] * library.captions <= library.words[word] * cell.captions:
        return 0.0
    everywhere = library.words[word] / library.captions
    here = (cell.words[word] + _SMOOTHING * everywhere) / (cell.captions + _SMOOTHING)
    return here * math.log(here / everywhere)
