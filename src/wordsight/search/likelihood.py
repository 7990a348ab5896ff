"""How likely a photo shows what was asked for, by its cosine and by the words that it shares.

A logistic regression, fitted on the ten best results of queries to Flickr8k's development photos:
whole captions, words and pairs of words. `benchmarks/queries.py` fits it, and `docs/queries.md`
says how well it does on other photos.
"""

from __future__ import annotations

import math

from wordsight.search.results import Match

_COSINE, _WORDS, _CONSTANT = 11.11, 2.17, -6.92
_STRONG, _WEAK = 0.33, 0.08


def likelihood(cosine: float, shared: float) -> float:
    """Of showing what was asked for.

    Args:
        cosine: of the query with the photo's fused vector.
        shared: the share of the query's words that its caption, names or tags hold.
    """
    return 1 / (1 + math.exp(-(_COSINE * cosine + _WORDS * shared + _CONSTANT)))


def match(likely: float) -> Match:
    """What a likelihood comes to."""
    if likely >= _STRONG:
        return "strong"
    return "weak" if likely >= _WEAK else "none"
