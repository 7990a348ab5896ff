"""What the words of a query add to its vector: names, tags, and short queries.

The rarer a word is in the library, the more it adds, as in BM25 (Robertson and Zaragoza 2009,
section 3.1), without its weight for repeated words and long texts: captions have neither. A
sentence's words add little, since its vector says more; of long sentences they are not looked at.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wordsight.catalog.texts import PhotoText, Texts, words_in
from wordsight.search.naming import STOP_WORDS

WEIGHT = 0.4
"""Of a single word that only one photo has; chosen on Flickr8k's development photos."""
_MOST_WORDS = 6
_RARE = 200
"""Photos of a rare word are results, wherever their vectors lie."""
_COUNTED = 20_000
_KEPT_SECONDS = 60.0


@dataclass(frozen=True)
class Wording:
    """The words of a query, and how rare each is: 0 in all photos, 1 in a single one."""

    rarity: Mapping[str, float]
    rare: tuple[int, ...] = ()

    def score(self, text: PhotoText | None) -> float:
        """What the words that a photo has add to its cosine."""
        if text is None or not self.rarity:
            return 0.0
        total = sum(self.rarity[word] for word in self.shared(text))
        return WEIGHT * total / len(self.rarity) ** 2

    def share(self, text: PhotoText | None) -> float:
        """The share of the words that a photo has."""
        return len(self.shared(text)) / len(self.rarity) if text and self.rarity else 0.0

    def shared(self, text: PhotoText) -> list[str]:
        """Those words that its caption, names or tags hold."""
        return [word for word in self.rarity if word in text.caption or word in text.names]


class WordScores:
    """Knows how rare words are; remembers it for a minute, or until the catalog changes."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._known: dict[str, tuple[float, tuple[int, ...]]] = {}
        self._photos = 0
        self._version = -1
        self._forgets_at = 0.0

    def wording(self, sentences: Iterable[str], version: int) -> Wording:
        """The words of what is asked for, in a catalog of that version."""
        words = dict.fromkeys(
            word for text in sentences for word in words_in(text) if word not in STOP_WORDS
        )
        if len(words) > _MOST_WORDS:
            return Wording({})
        self._forget(version)
        found = {word: self._look_up(word) for word in words}
        rare = {photo for _, photos in found.values() for photo in photos}
        return Wording({word: rarity for word, (rarity, _) in found.items()}, tuple(sorted(rare)))

    def texts_of(self, ids: Sequence[int]) -> Mapping[int, PhotoText]:
        """The words of photos."""
        return self._texts.of(ids)

    def _forget(self, version: int) -> None:
        """What may be wrong by now."""
        if version != self._version or time.monotonic() > self._forgets_at:
            self._known, self._photos, self._version = {}, self._texts.count(), version
            self._forgets_at = time.monotonic() + _KEPT_SECONDS

    def _look_up(self, word: str) -> tuple[float, tuple[int, ...]]:
        """How rare a word is, and the photos that have it if they are few."""
        if word not in self._known:
            holding = self._texts.holding(word, _COUNTED)
            rare = tuple(holding) if len(holding) <= _RARE else ()
            self._known[word] = rarity(len(holding), self._photos), rare
        return self._known[word]


def rarity(having: int, photos: int) -> float:
    """Of a word that so many of all photos have: 0 in none or all, 1 in a single one."""
    if not having:
        return 0.0
    return math.log(1 + (photos - having + 0.5) / (having + 0.5)) / math.log(1 + photos + 0.5)
