"""Which genders captions give people, beside those that people's own captions give them.

A known fault of captioners: they exaggerate what their training data says (Hendricks et al. 2018,
*Women also Snowboard*, section 4, from which the comparison is taken; the words are our own list).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wordsight.models.vocabulary import words_of

Gender = Literal["men", "women", "both", "neither"]

_MEN = frozenset(
    words_of("man men boy boys guy guys male males gentleman father dad son brother he his him")
)
_WOMEN = frozenset(
    words_of("woman women girl girls lady ladies female females mother mom daughter sister she her")
)


@dataclass(frozen=True)
class GenderShares:
    """A number of photos, and the shares of them whose caption names men only, women only, both,
    or neither."""

    photos: int
    named: dict[Gender, float]


def gender_of(caption: str) -> Gender:
    """Whom a caption names by gender."""
    words = frozenset(words_of(caption))
    men, women = bool(words & _MEN), bool(words & _WOMEN)
    if men and women:
        return "both"
    return "men" if men else "women" if women else "neither"


def gendered(
    captions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[Gender, GenderShares]:
    """By whom the references of a photo name: men only, women only, or neither. Photos of which
    they name both, or differ, are left out."""
    groups: dict[Gender, list[Gender]] = {"men": [], "women": [], "neither": []}
    for caption, people in zip(captions, references, strict=True):
        agreed = _agreed(people)
        if agreed is not None:
            groups[agreed].append(gender_of(caption))
    return {gender: _shares(said) for gender, said in groups.items()}


def _agreed(references: Sequence[str]) -> Gender | None:
    """Whom those name that name any; None where they name both, or differ."""
    named = {gender_of(text) for text in references} - {"neither"}
    if not named:
        return "neither"
    only = named.pop()
    return None if named or only == "both" else only


def _shares(said: Sequence[Gender]) -> GenderShares:
    kinds: tuple[Gender, ...] = ("men", "women", "both", "neither")
    return GenderShares(
        len(said), {kind: said.count(kind) / len(said) if said else 0.0 for kind in kinds}
    )
