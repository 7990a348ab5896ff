"""What the captioner is good and bad at: new objects, sameness, long captions, grounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wordsight.evaluation.grounding import Grounding, evaluate_grounding
from wordsight.evaluation.long_range import LongRange, evaluate_long_range
from wordsight.evaluation.new_objects import NewObjects, evaluate_new_objects
from wordsight.evaluation.nouns import find_nouns
from wordsight.evaluation.retrieval import Gallery, describe_all
from wordsight.evaluation.sameness import Condition, evaluate_sameness
from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection
from wordsight.pipeline.describe import decode_for_models


@dataclass(frozen=True)
class Samples:
    """How many photos, spread over the collection, the costlier parts look at."""

    sameness: int = 64
    grounding: int = 200


@dataclass(frozen=True)
class Analysis:
    """Of a captioner on a collection, beside captions that it learnt from."""

    collection: str
    photos: int
    training: str
    models: str
    precision: str
    beams: int
    new_objects: NewObjects
    sameness: tuple[Condition, ...]
    long_range: LongRange
    grounding: Grounding


def analyse(
    collection: Collection,
    training: Collection,
    models: ModelSet,
    tick: Callable[[int], None],
    samples: Samples | None = None,
) -> Analysis:
    """Describe the collection, parts of it several times, and look into what comes out.

    Raises:
        PhotoError: a photo of the collection cannot be decoded.
        WordsightError: pycocoevalcap or Java is missing.
    """
    samples = samples or Samples()
    described = describe_all(collection, models, tick)
    gallery = Gallery(described, models)
    taught = [photo.captions for photo in training.photos]
    nouns = find_nouns([*collection.captions, *training.captions])
    places = spread(len(collection), samples.grounding)
    chosen = _some(collection, places)
    return Analysis(
        collection=collection.name,
        photos=len(collection),
        training=training.name,
        models=models.identity,
        precision=models.precision,
        beams=models.beams,
        new_objects=evaluate_new_objects(collection, gallery, taught),
        sameness=evaluate_sameness(
            _some(collection, spread(len(collection), samples.sameness)), models
        ),
        long_range=evaluate_long_range(described, [p.captions for p in collection.photos]),
        grounding=evaluate_grounding(
            [decode_for_models(data) for data in chosen], places, models, nouns, tick
        ),
    )


def described_in_all(photos: int, samples: Samples | None = None) -> int:
    """How many descriptions `tick` is told of at most: the grounding's photos are described
    plain, mirrored, and with either part hidden for each of two nouns."""
    return photos + 6 * len(spread(photos, (samples or Samples()).grounding))


def spread(total: int, count: int) -> list[int]:
    """At most `count` places of `total`, evenly spread."""
    return list(range(0, total, -(-total // count)))


def _some(collection: Collection, places: Sequence[int]) -> list[bytes]:
    wanted = set(places)
    return [data for place, data in enumerate(collection.read()) if place in wanted]
