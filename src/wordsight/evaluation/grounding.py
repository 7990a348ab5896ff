"""Whether attention falls on the thing when its word is said, as far as can be told without boxes.

Two tests need nobody to say where things are. In the mirrored photo attention should be mirrored.
And where the looked-at part of a photo is hidden, the word should be lost sooner than where as
much is hidden elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.nouns import nouns_in, singular
from wordsight.models.packaged import ModelSet
from wordsight.photos.decode import DecodedPhoto
from wordsight.pipeline.describe import Description, describe

Floats = npt.NDArray[np.float32]

_SIDE = 7
_HIDDEN = 10
"""Cells that are hidden, of 49."""
_A_PHOTO = 2
"""Nouns of a caption that are tried."""
_BATCH = 32
_EXAMPLES = 6
_LEAST_NOUNS = 3


@dataclass(frozen=True)
class Looks:
    """Where the model looked at some words: attention to each of 49 cells, row by row."""

    photo: int
    caption: str
    words: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True)
class Grounding:
    """`nouns` and `cells`: how many, and over how many cells their attention is spread (the
    exponential of its entropy). `pairs` of nouns in one caption have their strongest cells in
    different places in a share `elsewhere`; their centres are `apart` cells apart.

    `mirrored` nouns stand in the caption of the mirrored photo too: `follows` is the correlation
    of their horizontal centres with the mirrored ones there: 1 where attention goes with the
    thing, -1 where it stays in its place.
    Of `hidden` nouns the shares `lost_looked` and `lost_other` are no longer said with what was
    looked at hidden, and with as much of the rest.
    """

    photos: int
    nouns: int
    cells: float
    pairs: int
    elsewhere: float
    apart: float
    mirrored: int
    follows: float
    hidden: int
    lost_looked: float
    lost_other: float
    examples: tuple[Looks, ...]


def evaluate_grounding(
    photos: Sequence[DecodedPhoto],
    places: Sequence[int],
    models: ModelSet,
    nouns: frozenset[str],
    tick: Callable[[int], None],
) -> Grounding:
    """Describe photos, mirrored photos, and photos with a part hidden.

    Args:
        photos: as the models take them.
        places: of these photos in their collection.
        models: are measured.
        nouns: words to look at.
        tick: is told how many photos were just described, six times as many as there are at most.
    """
    plain = _describe(photos, models, tick)
    looks = [_looks(one, nouns) for one in plain]
    flipped = _describe([_mirrored(photo) for photo in photos], models, tick)
    apart = [
        (np.hypot(*(_centre(a) - _centre(b))), a.argmax() != b.argmax())
        for look in looks
        for a, b in combinations(look.values(), 2)
    ]
    sides = [
        (_centre(a[noun])[0], _centre(b[noun])[0])
        for a, b in zip(looks, (_looks(one, nouns) for one in flipped), strict=True)
        for noun in a.keys() & b.keys()
    ]
    x, mirrored = np.array(sides).reshape(-1, 2).T
    tried = [(i, noun) for i, look in enumerate(looks) for noun in list(look)[:_A_PHOTO]]
    lost_looked, lost_other = _lost(photos, looks, tried, models, nouns, tick)
    return Grounding(
        photos=len(photos),
        nouns=sum(map(len, looks)),
        cells=_mean([_spread(look) for of in looks for look in of.values()]),
        pairs=len(apart),
        elsewhere=_mean([other for _, other in apart]),
        apart=_mean([distance for distance, _ in apart]),
        mirrored=len(sides),
        follows=_correlation(x, _SIDE - mirrored),
        hidden=len(tried),
        lost_looked=lost_looked,
        lost_other=lost_other,
        examples=_examples(plain, looks, places),
    )


def _looks(described: Description, nouns: frozenset[str]) -> dict[str, Floats]:
    """Attention `[49]` at each noun of a caption, in its order; at the first where it stands
    twice."""
    words = [singular(word) for word in described.caption.split()]
    said = nouns_in(described.caption, nouns)
    return {noun: described.attention[words.index(noun)] for noun in said if noun in words}


def _centre(look: Floats) -> npt.NDArray[np.float64]:
    """Where attention lies in the mean: x and y in cells, 0 to 7."""
    grid, middles = look.reshape(_SIDE, _SIDE), np.arange(_SIDE) + 0.5
    total = float(grid.sum())
    return np.array([grid.sum(0) @ middles / total, grid.sum(1) @ middles / total])


def _spread(look: Floats) -> float:
    shares = look / look.sum()
    return float(np.exp(-(shares * np.log(np.maximum(shares, 1e-12))).sum()))


def _lost(
    photos: Sequence[DecodedPhoto],
    looks: Sequence[dict[str, Floats]],
    tried: Sequence[tuple[int, str]],
    models: ModelSet,
    nouns: frozenset[str],
    tick: Callable[[int], None],
) -> tuple[float, float]:
    """Shares of nouns that are lost with the strongest cells hidden, and with others."""
    rng = np.random.default_rng(0)
    looked, other = [], []
    for i, noun in tried:
        order = np.argsort(-looks[i][noun], kind="stable")
        looked.append(_without(photos[i], order[:_HIDDEN]))
        other.append(_without(photos[i], rng.choice(order[_HIDDEN:], _HIDDEN, replace=False)))
    shares = []
    for hidden in (looked, other):
        said = [nouns_in(one.caption, nouns) for one in _describe(hidden, models, tick)]
        shares.append(_mean([noun not in s for (_, noun), s in zip(tried, said, strict=True)]))
    return shares[0], shares[1]


def _without(photo: DecodedPhoto, cells: npt.NDArray[np.int64]) -> DecodedPhoto:
    """A photo with some cells in its mean colour."""
    pixels = photo.pixels.copy()
    size = len(pixels) // _SIDE
    for cell in cells.tolist():
        y, x = (size * place for place in divmod(cell, _SIDE))
        pixels[y : y + size, x : x + size] = photo.pixels.mean((0, 1))
    return replace(photo, pixels=pixels)


def _mirrored(photo: DecodedPhoto) -> DecodedPhoto:
    return replace(photo, pixels=np.ascontiguousarray(photo.pixels[:, ::-1]))


def _describe(
    photos: Sequence[DecodedPhoto], models: ModelSet, tick: Callable[[int], None]
) -> list[Description]:
    def parts() -> Iterator[list[Description]]:
        for i in range(0, len(photos), _BATCH):
            part = photos[i : i + _BATCH]
            yield describe(part, models)
            tick(len(part))

    return [one for part in parts() for one in part]


def _examples(
    described: Sequence[Description], looks: Sequence[dict[str, Floats]], places: Sequence[int]
) -> tuple[Looks, ...]:
    """The first captions with several nouns."""
    rich = [i for i, look in enumerate(looks) if len(look) >= _LEAST_NOUNS]
    return tuple(
        Looks(
            places[i],
            described[i].caption,
            tuple((noun, tuple(look.tolist())) for noun, look in looks[i].items()),
        )
        for i in rich[:_EXAMPLES]
    )


def _mean(values: Sequence[float | bool]) -> float:
    return float(np.mean(values)) if values else 0.0


def _correlation(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 2 else 0.0
