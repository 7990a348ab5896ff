"""Things that training shows seldom or never: are they named, and are their photos found?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.nouns import find_nouns, nouns_in
from wordsight.evaluation.retrieval import FUSED, Gallery, own_ranks
from wordsight.photos.collection import Collection

Ids = npt.NDArray[np.int64]

SIGNALS = {"caption, adapted": "caption", "picture": "picture", FUSED: "fused"}
_FIRST = (0, 1, 5, 20, 100)
_AGREED = 2
_FOUND_WITHIN = 10
_EXAMPLES = 8


@dataclass(frozen=True)
class FrequencyRow:
    """Objects (a noun of a photo) that so many training photos show.

    `named` is the share that the photo's caption names. `queries` are people's sentences with the
    noun, `found` the share of them that find their photo within ten, by signal.
    """

    training_photos: str
    objects: int
    named: float
    queries: int
    found: dict[str, float]


@dataclass(frozen=True)
class Example:
    """A rare object: its photo (by its place in the collection), the model's caption, a sentence
    by a person, and the photo's rank for it, fused."""

    thing: str
    training_photos: int
    photo: int
    said: str
    sentence: str
    rank: int


@dataclass(frozen=True)
class NewObjects:
    rows: tuple[FrequencyRow, ...]
    examples: tuple[Example, ...]


def evaluate_new_objects(
    collection: Collection, gallery: Gallery, training: Sequence[Sequence[str]]
) -> NewObjects:
    """Objects are nouns that two people at least have in their captions of a photo.

    Args:
        collection: whose photos are searched.
        gallery: these photos, described.
        training: captions of each photo that the models learnt from.
    """
    captions, owners = collection.captions, np.array(collection.caption_owners, np.int64)
    nouns = find_nouns([*captions, *(text for photo in training for text in photo)])
    shown = Counter(noun for photo in training for noun in _objects(photo, nouns, 1))
    people = [(photo, caption) for photo, caption in zip(owners.tolist(), captions, strict=True)]
    queries = _queries(collection, people, nouns)
    signals = gallery.signals()
    ranks = {SIGNALS[name]: own_ranks(signals[name](captions), owners) for name in SIGNALS}
    named = {(i, noun) for i, said in enumerate(gallery.said) for noun in nouns_in(said, nouns)}
    rows = []
    for least, most in zip(_FIRST, [*_FIRST[1:], None], strict=True):
        chosen = {
            key: places
            for key, places in queries.items()
            if shown[key[1]] >= least and (most is None or shown[key[1]] < most)
        }
        if chosen:
            rows.append(_row(_span(least, most), chosen, named, ranks))
    return NewObjects(tuple(rows), _examples(queries, shown, captions, gallery.said, ranks))


_Queries = dict[tuple[int, str], list[int]]
"""For each object (photo and noun), places of the sentences that have it."""


def _objects(captions: Iterable[str], nouns: frozenset[str], agreed: int) -> list[str]:
    counted = Counter(noun for caption in captions for noun in nouns_in(caption, nouns))
    return [noun for noun, count in counted.items() if count >= agreed]


def _queries(
    collection: Collection, people: Sequence[tuple[int, str]], nouns: frozenset[str]
) -> _Queries:
    agreed = {
        (i, noun)
        for i, photo in enumerate(collection.photos)
        for noun in _objects(photo.captions, nouns, _AGREED)
    }
    queries: _Queries = {}
    for place, (photo, caption) in enumerate(people):
        for noun in nouns_in(caption, nouns):
            if (photo, noun) in agreed:
                queries.setdefault((photo, noun), []).append(place)
    return queries


def _span(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return "none" if most == 1 else f"{least} to {most - 1}"


def _row(
    span: str, chosen: _Queries, named: set[tuple[int, str]], ranks: dict[str, Ids]
) -> FrequencyRow:
    places = sorted({place for found in chosen.values() for place in found})
    return FrequencyRow(
        training_photos=span,
        objects=len(chosen),
        named=len(named & chosen.keys()) / len(chosen),
        queries=len(places),
        found={name: float((of[places] < _FOUND_WITHIN).mean()) for name, of in ranks.items()},
    )


def _examples(
    queries: _Queries,
    shown: Counter[str],
    captions: Sequence[str],
    said: Sequence[str],
    ranks: dict[str, Ids],
) -> tuple[Example, ...]:
    """Of the rarest objects, each of another noun and photo."""
    rarest = sorted(queries, key=lambda key: (shown[key[1]], -len(queries[key]), key))
    chosen: dict[str, Example] = {}
    photos: set[int] = set()
    for photo, noun in rarest:
        if noun not in chosen and photo not in photos and len(chosen) < _EXAMPLES:
            place = queries[photo, noun][0]
            rank = int(ranks["fused"][place]) + 1
            chosen[noun] = Example(noun, shown[noun], photo, said[photo], captions[place], rank)
            photos.add(photo)
    return tuple(chosen.values())
