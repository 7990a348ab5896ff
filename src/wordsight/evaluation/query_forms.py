"""Shorter queries out of captions, as people type them: the noun phrase, and its last word.

Rules, no tagger: a phrase is the first run of words without articles, prepositions, pronouns,
auxiliaries and words in -ing. About one in ten takes a verb along.
"""

from __future__ import annotations

from collections.abc import Iterable

from wordsight.models.vocabulary import words_of

_ENDING_WORDS = """
a about above across after against along among an and another are around as at be been behind below
beneath beside between beyond but by down during for from front has have he her his in inside into
is it its near next of off on onto or out outside over past she some that the their them there they
this through to toward towards under underneath up was were what when where which while who with
without
"""
_ENDS = frozenset(_ENDING_WORDS.split())
_LONGEST = 4
_ARTICLES = frozenset({"a", "an", "the", "some", "this", "that", "there", "is", "are"})


def noun_phrase(caption: str) -> str:
    """What a caption is about: "two brown dogs" of "Two brown dogs are running in the snow."""
    words = words_of(caption)
    while words and words[0] in _ARTICLES:
        words.pop(0)
    phrase: list[str] = []
    for word in words[:_LONGEST]:
        if word in _ENDS or (word.endswith("ing") and phrase):
            break
        phrase.append(word)
    return " ".join(phrase) or caption


def head_word(caption: str) -> str:
    """The last word of the noun phrase: "dogs"."""
    return noun_phrase(caption).rpartition(" ")[2]


def names_unseen(caption: str, known: Iterable[str]) -> bool:
    """Whether a caption has a word, of four letters or more, that training captions have not
    often enough to be learnt."""
    seen = known if isinstance(known, frozenset) else frozenset(known)
    return any(
        len(word) > 3 and word.isalpha() and word not in seen and word.rstrip("s") not in seen
        for word in words_of(caption)
    )
