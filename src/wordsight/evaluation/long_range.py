"""What becomes of captions as they grow: quality by length, and errors over a distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wordsight.evaluation.captions import score_each
from wordsight.evaluation.nouns import disagrees, find_nouns, nouns_in, singular
from wordsight.models.captioner import MAX_WORDS
from wordsight.models.vocabulary import words_of
from wordsight.pipeline.describe import Description

_LENGTHS = ((1, 7), (8, 9), (10, 11), (12, 14), (15, MAX_WORDS))
_UNFINISHED = frozenset(
    words_of("a an the and or of with in on at to by from is are his her its their")
)
_EXAMPLES = 3
_APART = 3
"""Words in a row that nobody says twice."""


@dataclass(frozen=True)
class LengthRow:
    """Captions of so many words: mean scores of a photo, and mean confidence."""

    words: str
    photos: int
    scores: dict[str, float]
    confidence: float


@dataclass(frozen=True)
class ErrorRow:
    """A kind of error, and the shares of captions that have it: the model's, and people's,
    which tell how often the rule is wrong or people are."""

    error: str
    captions: float
    people: float
    examples: tuple[str, ...]


@dataclass(frozen=True)
class LongRange:
    lengths: tuple[LengthRow, ...]
    errors: tuple[ErrorRow, ...]


def evaluate_long_range(
    described: Sequence[Description], references: Sequence[Sequence[str]]
) -> LongRange:
    """Scores by length of the caption, and errors by rule."""
    captions = [one.caption for one in described]
    return LongRange(
        tuple(_lengths(described, score_each(captions, references))),
        tuple(_errors(captions, [text for photo in references for text in photo])),
    )


def _lengths(described: Sequence[Description], scores: dict[str, list[float]]) -> list[LengthRow]:
    counts = np.array([len(one.caption.split()) for one in described])
    confidences = np.array([one.confidence for one in described])
    rows = []
    for least, most in _LENGTHS:
        chosen = (counts >= least) & (counts <= most)
        if chosen.any():
            means = {name: float(np.array(each)[chosen].mean()) for name, each in scores.items()}
            confidence = float(confidences[chosen].mean())
            rows.append(LengthRow(f"{least} to {most}", int(chosen.sum()), means, confidence))
    return rows


def _errors(captions: Sequence[str], people: Sequence[str]) -> list[ErrorRow]:
    nouns = find_nouns([*people, *captions])
    rules: dict[str, Callable[[str], bool]] = {
        "a number and its noun, or a noun and its verb, disagree": lambda t: disagrees(t, nouns),
        "a thing is named twice": lambda text: _twice(text, nouns),
        "three words in a row stand twice": _three_twice,
        "ends in the middle of a phrase": _is_unfinished,
        f"{MAX_WORDS} words or more, where captions are cut": lambda text: (
            len(text.split()) >= MAX_WORDS
        ),
    }
    return [_error(name, rule, captions, people) for name, rule in rules.items()]


def _error(
    name: str, rule: Callable[[str], bool], captions: Sequence[str], people: Sequence[str]
) -> ErrorRow:
    wrong = [text for text in captions if rule(text)]
    theirs = sum(map(rule, people)) / len(people)
    return ErrorRow(name, len(wrong) / len(captions), theirs, tuple(wrong[:_EXAMPLES]))


def _is_unfinished(text: str) -> bool:
    words = words_of(text)
    return not words or words[-1] in _UNFINISHED


def _twice(text: str, nouns: frozenset[str]) -> bool:
    counts = Counter(map(singular, words_of(text)))
    return any(counts[noun] > 1 for noun in nouns_in(text, nouns))


def _three_twice(text: str) -> bool:
    words = words_of(text)
    runs = [tuple(words[i : i + _APART]) for i in range(len(words) - _APART + 1)]
    return len(set(runs)) < len(runs)
