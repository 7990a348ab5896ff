"""Whether a photo has the same caption however it is described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wordsight.models.packaged import ModelSet
from wordsight.models.precision import PRECISIONS
from wordsight.pipeline.describe import Description, decode_for_models, describe
from wordsight.pipeline.local import LocalEngine

Way = Callable[[Sequence[bytes]], list[Description]]
"""Describes photos, by their bytes."""

_BATCH = 32


@dataclass(frozen=True)
class Condition:
    """`same` is the number of photos with the same caption as in batches of 32; the others are
    the largest differences of confidence, and of any number of either vector."""

    way: str
    promised: bool
    photos: int
    same: int
    confidence: float
    vector: float


def evaluate_sameness(photos: Sequence[bytes], models: ModelSet) -> tuple[Condition, ...]:
    """Describe photos in many ways, and compare with batches of 32."""
    expected = _in_batches(_BATCH, models)(photos)
    told = [_condition(way, True, expected, do(photos)) for way, do in _promised(models).items()]
    others = [one for one in PRECISIONS if one != models.precision]
    for precision in others:
        other = ModelSet(models.folder, models.threads, models.beams, precision)
        told.append(_condition(precision, False, expected, _in_batches(_BATCH, other)(photos)))
    return tuple(told)


def _promised(models: ModelSet) -> dict[str, Way]:
    one_thread = ModelSet(models.folder, 1, models.beams, models.precision)
    three = ModelSet(models.folder, 3, models.beams, models.precision)
    return {
        "once more": _in_batches(_BATCH, models),
        "one at a time": _in_batches(1, models),
        "in batches of 7": _in_batches(7, models),
        "backwards": lambda photos: _in_batches(_BATCH, models)(photos[::-1])[::-1],
        "on one thread": _in_batches(_BATCH, one_thread),
        "on three threads": _in_batches(_BATCH, three),
        "by the indexing engine": lambda photos: _by_the_engine(photos, models),
    }


def _in_batches(size: int, models: ModelSet) -> Way:
    def described(photos: Sequence[bytes]) -> list[Description]:
        decoded = [decode_for_models(data) for data in photos]
        parts = [decoded[i : i + size] for i in range(0, len(decoded), size)]
        return [one for part in parts for one in describe(part, models)]

    return described


def _by_the_engine(photos: Sequence[bytes], models: ModelSet) -> list[Description]:
    """As `wordsight index` does it: batches side by side. A copy is described once."""
    engine = LocalEngine(models, lambda uri: photos[int(uri)], lambda _: False, workers=2)
    outcomes = [
        outcome
        for batch in engine.run([(i, str(i)) for i in range(len(photos))])
        for outcome in batch
    ]
    found = {one.photo.sha256: one.photo.description for one in outcomes if one.photo}
    hashes = {one.file_id: one.known_as or (one.photo and one.photo.sha256) for one in outcomes}
    return [found[hashes[i] or ""] for i in range(len(photos))]


def _condition(
    way: str, promised: bool, expected: Sequence[Description], found: Sequence[Description]
) -> Condition:
    pairs = list(zip(expected, found, strict=True))
    vectors = [
        np.abs(mine - other).max()
        for a, b in pairs
        for mine, other in (
            (a.caption_vector, b.caption_vector),
            (a.picture_vector, b.picture_vector),
        )
    ]
    return Condition(
        way=way,
        promised=promised,
        photos=len(pairs),
        same=sum(a.caption == b.caption for a, b in pairs),
        confidence=float(max(abs(a.confidence - b.confidence) for a, b in pairs)),
        vector=float(max(vectors)),
    )
