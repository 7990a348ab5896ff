"""How a result came about: what each signal says, and where it would stand by that alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wordsight.search.results import Found, Hit


@dataclass(frozen=True)
class Explanation:
    """Of one hit. Ranks begin at 1, among the `compared` photos that were looked at closely: by
    what the vectors together say, by the caption's alone, by the picture's alone. `words` of the
    query are in its caption, names or tags; `cell` is its cluster's number, if it is in one."""

    compared: int
    rank_by_vector: int
    rank_by_caption: int
    rank_by_picture: int
    words: tuple[str, ...]
    cell: int | None


def explain(
    hits: Sequence[Hit],
    looked_at: Mapping[int, Found],
    words: Mapping[int, Sequence[str]],
    cells: Mapping[int, int],
) -> dict[int, Explanation]:
    """By photo id.

    Args:
        hits: to be explained.
        looked_at: all photos that were compared closely, by id.
        words: those of the query that photos have, by id.
        cells: of the photos, by id.
    """
    by_vector, by_caption, by_picture = (_ranks(looked_at, place) for place in (1, 2, 3))
    return {
        hit.id: Explanation(
            len(looked_at),
            by_vector[hit.id],
            by_caption[hit.id],
            by_picture[hit.id],
            tuple(words.get(hit.id, ())),
            cells.get(hit.id),
        )
        for hit in hits
    }


def _ranks(looked_at: Mapping[int, Found], place: int) -> dict[int, int]:
    ranked = sorted(looked_at.values(), key=lambda row: (-float(row[place]), row[0]))
    return {row[0]: rank for rank, row in enumerate(ranked, 1)}
