"""The language of queries: a sentence, with what is weighted, left out, or asked of the file.

two dogs in snow
beach -people               beach without people
(dog in snow)^2 night       "red car"
after:2023-06 folder:holiday camera:"Pixel 7" orientation:portrait has:gps -tag:work
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wordsight.catalog.filters import Condition, Conditions
from wordsight.catalog.texts import words_in
from wordsight.errors import QueryError
from wordsight.search.filter_values import condition, is_filter

LONGEST = 2000
"""Characters; the encoder reads some hundred words anyway."""
_HEAVIEST = 10.0

_TOKEN = re.compile(
    r"""
    (?P<minus>(?<!\S)-(?=\S))?
    (?:
        (?P<key>[^\W\d_]+):(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"()]+))
      | "(?P<phrase>[^"]*)"
      | \((?P<group>[^()]*)\)
      | (?P<word>[^\s"()]+)
      | (?P<stray>["()])
    )
    (?:\^(?P<weight>[0-9]*\.?[0-9]+))?
    """,
    re.VERBOSE,
)
_WEIGHT = re.compile(r"\^([0-9]*\.?[0-9]+)$")
_ARTICLES = frozenset({"a", "an", "the", "any"})
_ENDS_WITHOUT = frozenset(
    {"at", "behind", "beside", "but", "by", "during", "in", "near", "on", "under", "while", "with"}
)


@dataclass(frozen=True)
class Part:
    """Words that count by a weight; below 0, they are what photos shall not show."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class Query:
    """What is asked for: parts to be encoded, and conditions to be met."""

    parts: tuple[Part, ...] = ()
    conditions: Conditions = ()

    @property
    def sought(self) -> tuple[Part, ...]:
        """The parts that photos shall show."""
        return tuple(part for part in self.parts if part.weight > 0)

    @property
    def avoided(self) -> tuple[Part, ...]:
        """The parts that they shall not."""
        return tuple(part for part in self.parts if part.weight < 0)


def parse(text: str) -> Query:
    """What a person typed.

    Raises:
        QueryError: it is empty or too long, says only what shall not be shown, or has a filter that
            there is not or with a value that cannot be.
    """
    if len(text) > LONGEST:
        raise QueryError(
            f"the query has {len(text):,} characters, at most {LONGEST:,} are read; "
            "a sentence or a few words find most"
        )
    if not text.strip():
        raise QueryError('the query is empty; describe a photo, as in "two dogs in snow"')
    reading = _Reading()
    for match in _TOKEN.finditer(text.replace("“", '"').replace("”", '"')):
        reading.take(match)
    return _checked(reading.query(), text)


def sentences(text: str) -> list[str]:
    """What of a query is compared with photos; nothing if it cannot be read."""
    try:
        return [part.text for part in parse(text).parts]
    except QueryError:
        return []


class _Reading:
    """What was read so far. Words without a weight are one sentence, whatever stands between."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._parts: list[Part] = []
        self._conditions: list[Condition] = []
        self._avoided: list[str] | None = None

    def take(self, match: re.Match[str]) -> None:
        negated = match["minus"] is not None
        weight = float(match["weight"]) if match["weight"] else 1.0
        if match["key"]:
            self._avoid()
            value = match["bare"] if match["quoted"] is None else match["quoted"]
            self._conditions.append(condition(match["key"], value, negated))
        elif match["phrase"] is not None:
            self._phrase(match["phrase"], negated, weight)
        elif match["group"] is not None:
            self._part(match["group"], negated, weight)
        elif match["word"]:
            self._word(match["word"], negated)

    def query(self) -> Query:
        self._avoid()
        plain = (Part(" ".join(self._words)),) if self._words else ()
        return Query((*plain, *self._parts), tuple(self._conditions))

    def _phrase(self, phrase: str, negated: bool, weight: float) -> None:
        if not words_in(phrase):
            return
        if negated:
            self._parts.append(Part(phrase, -min(weight, _HEAVIEST)))
        elif weight == 1:
            self._avoid()
            self._words.append(phrase)
        else:
            self._part(phrase, negated, weight)
        self._conditions.append(Condition("words", (phrase,), negated))

    def _part(self, text: str, negated: bool, weight: float) -> None:
        self._avoid()
        if not text.strip():
            return
        bounded = min(weight, _HEAVIEST)
        self._parts.append(Part(text.strip(), -bounded if negated else bounded))
        if negated:
            self._conditions.append(not_said(text))

    def _word(self, word: str, negated: bool) -> None:
        if word.endswith(":") and is_filter(word[:-1]):
            condition(word[:-1], "")  # tells what it takes
        weighted = _WEIGHT.search(word)
        bare = word[: weighted.start()] if weighted else word
        if negated or weighted:
            self._part(bare, negated, float(weighted[1]) if weighted else 1.0)
        elif bare.lower() == "without":
            self._avoid()
            self._avoided = []
        elif self._avoided is not None:
            self._without(bare)
        else:
            self._words.append(bare)

    def _without(self, word: str) -> None:
        """What comes after "without", until a comma or a word that begins something else."""
        assert self._avoided is not None
        if self._avoided and word.lower() in _ENDS_WITHOUT:
            self._avoid()
            self._words.append(word)
        elif word.lower() in ("or", "and"):
            self._avoid()
            self._avoided = []
        else:
            self._avoided.append(word.rstrip(",;."))
            if word[-1] in ",;.":
                self._avoid()

    def _avoid(self) -> None:
        avoided, self._avoided = self._avoided, None
        if avoided:
            text = " ".join(avoided[avoided[0].lower() in _ARTICLES :]) or avoided[0]
            self._parts.append(Part(text, -1.0))
            self._conditions.append(not_said(text))


def not_said(text: str) -> Condition:
    """That a caption does not name something, in the singular or the plural."""
    return Condition("words", tuple(_numbers(" ".join(words_in(text)))), negated=True)


def _numbers(text: str) -> Iterator[str]:
    yield text
    if text.endswith("s"):
        yield text[:-1]
    else:
        yield f"{text}s"


def _checked(query: Query, text: str) -> Query:
    if any(words_in(part.text) for part in query.sought):
        return query
    if any(one.key != "words" or not one.negated for one in query.conditions):
        return query
    if query.avoided:
        raise QueryError(
            'this says only what photos shall not show; say what they shall, as in "beach -people"'
        )
    raise QueryError(f"there is nothing to search for in {text.strip()[:40]!r}; use words")
