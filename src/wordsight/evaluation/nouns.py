"""Nouns of captions, by rule and without a tagger.

A noun is a word that stands alone, at least in a tenth of its places, between an article or a
number and what ends a phrase ("a *dog* in", "two *boats*."). Verbs and most adjectives never do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from wordsight.models.vocabulary import words_of

_ONE = frozenset(words_of("a an one another"))
_MANY = frozenset(words_of("two three four five six several many"))
_BEFORE = _ONE | _MANY | frozenset(words_of("the his her its their some"))
_AFTER = frozenset(
    words_of(
        """above across after against along among are around as at be behind below beneath beside
        between by down for from has have in inside into is near next of off on onto out outside
        over past that through to towards under underneath up was were what where which while who
        with"""
    )
)
_NO_THINGS = frozenset(
    words_of("back background couple edge front group lot middle one other side top")
)
_SAME_IN_PLURAL = frozenset(words_of("deer fish people police sheep bison crowd crew team"))
_SHARE = 0.1
_IRREGULAR = {"men": "man", "women": "woman", "children": "child", "people": "people"}


def singular(word: str) -> str:
    """ "dogs" as "dog", and what is no plural as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


def find_nouns(captions: Iterable[str]) -> frozenset[str]:
    """Nouns of many captions, in the singular."""
    seen: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for caption in captions:
        words = words_of(caption)
        seen.update(map(singular, words))
        alone.update(singular(word) for before, word in _phrases(words) if before in _BEFORE)
    nouns = {word for word, count in alone.items() if count >= max(1, _SHARE * seen[word])}
    ends = _BEFORE | _AFTER | _NO_THINGS
    return frozenset(word for word in nouns - ends if len(word) > 2 and word.isalpha())


def _phrases(words: list[str]) -> Iterator[tuple[str, str]]:
    """Words that end a phrase, and the word before each."""
    for before, word, after in zip(["", *words], words, [*words[1:], "is"], strict=False):
        if after in _AFTER or after.endswith("ing"):
            yield before, word


def nouns_in(caption: str, nouns: frozenset[str]) -> list[str]:
    """Which of `nouns` a caption has, in its order, in the singular."""
    said = (singular(word) for word in words_of(caption))
    return list(dict.fromkeys(word for word in said if word in nouns))


def disagrees(caption: str, nouns: frozenset[str]) -> bool:
    """Whether a number and its noun, or a noun and its verb, disagree: "two dog", "dogs is"."""
    words = words_of(caption)
    for before, word in _phrases(words):
        if before in _ONE and _is_plural(word, nouns):
            return True
        if before in _MANY and _is_singular(word, nouns):
            return True
    return _verb_disagrees(words, nouns)


def _verb_disagrees(words: list[str], nouns: frozenset[str]) -> bool:
    """Of the first "is" or "are", where nothing but its subject stands before it."""
    place = next((i for i, word in enumerate(words) if word in ("is", "are")), 0)
    before = words[: max(place - 1, 0)]
    if place == 0 or any(word in _AFTER | {"and", "or"} or word.endswith("ing") for word in before):
        return False  # "a man and a dog are", "a group of men is"
    plural = words[place] == "is"
    return (_is_plural if plural else _is_singular)(words[place - 1], nouns)


def _is_plural(word: str, nouns: frozenset[str]) -> bool:
    return singular(word) != word and singular(word) in nouns


def _is_singular(word: str, nouns: frozenset[str]) -> bool:
    return word in nouns and word not in _SAME_IN_PLURAL
