"""What the words of a query add to its vector: names, tags, and short queries.

The rarer a word is in the library, the more it adds, as in BM25 (Robertson and Zaragoza 2009,
section 3.1), without its weight for repeated words and long texts: captions have neither. A
sentence is left to its vector, to which words would add next to nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wordsight.catalog import Catalog
from wordsight.catalog.texts import PhotoText, words_in
from wordsight.search.naming import STOP_WORDS

WEIGHT = 0.4
"""Of a single word that only one photo has; chosen on Flickr8k's development photos."""
_MOST_WORDS = 3
"""Of more, each would add a sixteenth of what it does alone, or less."""
_RARE = 200
"""Photos of a rare word are results, wherever their vectors lie."""
_COUNTED = 20_000
_KEPT_SECONDS = 60.0


@dataclass(frozen=True)
class Wording:
    """The words of a query. `rarity` of each is 0 in all photos, 1 in a single one, and empty for
    a sentence; `rare` are the photos of rare words."""

    words: tuple[str, ...] = ()
    rarity: Mapping[str, float] = field(default_factory=dict)
    rare: tuple[int, ...] = ()

    @classmethod
    def of(cls, sentences: Iterable[str], rarity_of: Callable[[str], float]) -> Wording:
        """The words of sentences, without those that every sentence has; `rarity_of` is asked for
        a few words only."""
        said = (word for text in sentences for word in words_in(text))
        words = tuple(dict.fromkeys(word for word in said if word not in STOP_WORDS))
        few = words if len(words) <= _MOST_WORDS else ()
        return cls(words, {word: rarity_of(word) for word in few})

    def score(self, text: PhotoText | None) -> float:
        """What the words that a photo has add to its cosine."""
        if text is None or not self.rarity:
            return 0.0
        total = sum(self.rarity[word] for word in self.shared(text))
        return WEIGHT * total / len(self.rarity) ** 2

    def share(self, text: PhotoText) -> float:
        """The share of the words that a photo has."""
        return len(self.shared(text)) / len(self.words) if self.words else 0.0

    def shared(self, text: PhotoText) -> list[str]:
        """Those words that its caption, names or tags hold."""
        return [word for word in self.words if word in text.caption or word in text.names]


@dataclass(frozen=True)
class _Known:
    """Words of a catalog of this version and so many photos: how rare each is, and the photos
    that have it if they are few."""

    version: int
    photos: int
    until: float
    words: dict[str, tuple[float, tuple[int, ...]]] = field(default_factory=dict)


class WordScores:
    """Knows how rare words are; remembers it for a minute, or until the catalog changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._texts = catalog.texts
        self._descriptions = catalog.descriptions
        self._known = _Known(-1, 0, 0.0)

    def wording(self, sentences: Iterable[str]) -> Wording:
        """The words of what is asked for."""
        known = self._now()  # other threads may replace it meanwhile
        told = Wording.of(sentences, lambda word: self._look_up(known, word)[0])
        rare = {photo for word in told.rarity for photo in known.words[word][1]}
        return replace(told, rare=tuple(sorted(rare)))

    def texts_of(self, ids: Sequence[int]) -> Mapping[int, PhotoText]:
        """The words of photos."""
        return self._texts.of(ids)

    def _now(self) -> _Known:
        version, now = self._descriptions.version(), time.monotonic()
        known = self._known
        if version != known.version or now > known.until:
            known = self._known = _Known(version, self._texts.count(), now + _KEPT_SECONDS)
        return known

    def _look_up(self, known: _Known, word: str) -> tuple[float, tuple[int, ...]]:
        if word not in known.words:
            few = self._texts.holding(word, _RARE + 1)
            rare = tuple(few) if len(few) <= _RARE else ()
            having = len(few) if rare else self._texts.count_holding(word, _COUNTED)
            known.words[word] = rarity(having, known.photos), rare
        return known.words[word]


def rarity(having: int, photos: int) -> float:
    """Of a word that so many of all photos have: 0 in none or all, 1 in a single one."""
    if not having:
        return 0.0
    return math.log(1 + (photos - having + 0.5) / (having + 0.5)) / math.log(1 + photos + 0.5)
