"""How near captions come to those that people wrote: BLEU, METEOR, ROUGE-L and CIDEr-D.

All scores are computed by pycocoevalcap, the COCO captioning challenge's own code (Chen et al.
2015), after its PTB tokenisation, which lower-cases and drops punctuation. Captions are decoded
freely, word by word from the model's own words, never from the reference (teacher forcing).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from wordsight.errors import WordsightError
from wordsight.evaluation.calibration import Calibration, are_right, calibration
from wordsight.evaluation.gendered_words import Gender, GenderShares, gendered
from wordsight.evaluation.retrieval import describe_all
from wordsight.java import find_java
from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection


@dataclass(frozen=True)
class CaptionScores:
    """Scores by name, as shares (CIDEr-D may be above 1), and what the captions are like.

    `words` is their mean length, `distinct` the share of captions that are the only one of their
    kind, `confidence` the mean log-probability of a token, `gendered` whom they name by gender
    where people name men only, women only, or neither. `right` is the share of captions that name
    nothing but what people name, `calibration` how well their certainty foretells it, if measured
    for so many beams.
    """

    collection: str
    photos: int
    references: int
    beams: int
    precision: str
    models: str
    scores: dict[str, float]
    words: float
    distinct: float
    confidence: float
    right: float
    calibration: Calibration | None
    gendered: dict[Gender, GenderShares]


def evaluate_captions(
    collection: Collection, models: ModelSet, tick: Callable[[int], None]
) -> CaptionScores:
    """Caption the collection's photos, and compare with its captions.

    Raises:
        PhotoError: a photo of the collection cannot be decoded.
        WordsightError: pycocoevalcap or Java is missing.
    """
    _require()
    described = describe_all(collection, models, tick)
    captions = [one.caption for one in described]
    references = [photo.captions for photo in collection.photos]
    confidences = [one.confidence for one in described]
    right = are_right(captions, references)
    knots = models.records["captioner"].calibration.get(str(models.beams), [])
    return CaptionScores(
        collection=collection.name,
        photos=len(captions),
        references=sum(map(len, references)),
        beams=models.beams,
        precision=models.precision,
        models=models.identity,
        scores=score_captions(captions, references),
        words=float(np.mean([len(caption.split()) for caption in captions])),
        distinct=len(set(captions)) / len(captions),
        confidence=float(np.mean(confidences)),
        right=float(right.mean()),
        calibration=calibration(confidences, right, knots),
        gendered=gendered(captions, references),
    )


def score_captions(
    captions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, float]:
    """BLEU-1 to -4, METEOR, ROUGE-L and CIDEr-D of captions, one for each set of references.

    Raises:
        WordsightError: pycocoevalcap or Java is missing.
    """
    return {name: told for name, (told, _) in _scored(captions, references).items()}


def score_each(
    captions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, list[float]]:
    """The same scores of each caption by itself.

    Raises:
        WordsightError: pycocoevalcap or Java is missing.
    """
    return {name: each for name, (_, each) in _scored(captions, references).items()}


def _scored(
    captions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, tuple[float, list[float]]]:
    """By name the score of all, and those of each."""
    tokenizer = _require()
    said = _tokens(tokenizer, [[caption] for caption in captions])
    wanted = _tokens(tokenizer, references)
    scores: dict[str, tuple[float, list[float]]] = {}
    for names, scorer in _scorers():
        with redirect_stdout(StringIO()):  # they print as they go
            told, each = scorer.compute_score(wanted, said)
        rows = np.asarray(each, float).reshape(len(names), len(captions)).tolist()
        for name, score, row in zip(names, np.atleast_1d(told).tolist(), rows, strict=True):
            scores[name] = (score, row)
    return scores


def _scorers() -> list[tuple[tuple[str, ...], Any]]:
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.meteor.meteor import Meteor
    from pycocoevalcap.rouge.rouge import Rouge

    return [
        (("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"), Bleu(4)),
        (("METEOR",), Meteor()),
        (("ROUGE-L",), Rouge()),
        (("CIDEr-D",), Cider()),
    ]


def _require() -> Any:
    try:
        from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
    except ImportError as error:
        raise WordsightError(
            "caption scores need pycocoevalcap; run `pip install 'wordsight[eval]'`"
        ) from error
    find_java()
    return PTBTokenizer()


def _tokens(tokenizer: Any, texts: Sequence[Sequence[str]]) -> dict[int, list[str]]:
    rows = {i: [{"caption": text} for text in group] for i, group in enumerate(texts)}
    with _silence():
        tokens: dict[int, list[str]] = tokenizer.tokenize(rows)
    return tokens


@contextmanager
def _silence() -> Iterator[None]:
    """What Java tells on the error stream is for its developers."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
