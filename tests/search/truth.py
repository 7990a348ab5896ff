"""What searches should find in a library of fake models, by comparing everything."""

from __future__ import annotations

import numpy as np
from tests.fakes import said, seen, sentences, unit

from wordsight.search.results import Signal

TEXTS = sentences(60)
QUERIES = ["subject1", "subject3 place7", "place2 place9", "something else"]


def vectors(texts: list[str], signal: Signal) -> np.ndarray:
    captions, pictures = (np.stack([of(text) for text in texts]) for of in (said, seen))
    return {"caption": captions, "picture": pictures, "fused": unit(captions + pictures)}[signal]


def expected(texts: list[str], query: str, count: int, signal: Signal = "fused") -> list[str]:
    scores = vectors(texts, signal) @ said(query)
    return [texts[i] for i in np.argsort(-scores)[:count]]
