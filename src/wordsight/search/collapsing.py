"""One result for a series of near-duplicates: the best of them stands for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from wordsight.catalog.likenesses import Likenesses
from wordsight.search.results import MAX_RESULTS, Found, Hit

Show = Callable[[Sequence[Found]], list[Hit]]


def collapsed(rank: Callable[[int], Sequence[Found]], show: Show, limit: int) -> list[Hit]:
    """The best hits, no two of one series, as many as are wanted if there are so many.

    Args:
        rank: the best of so many rows, the best first.
        show: those of some rows that can be shown.
        limit: the most hits.
    """
    most = limit
    while True:
        rows = rank(most)
        hits = _first_of_series(rows, show, limit)
        if len(hits) == limit or len(rows) < most or most == MAX_RESULTS:
            return hits
        most = min(2 * most, MAX_RESULTS)


def with_counts(hits: Sequence[Hit], likenesses: Likenesses) -> list[Hit]:
    """How many others each hit stands for."""
    series = [hit.series for hit in hits if hit.series is not None]
    sizes = likenesses.sizes(series) if series else {}
    return [
        replace(hit, alike=sizes[hit.series] - 1) if hit.series in sizes else hit for hit in hits
    ]


def _first_of_series(rows: Sequence[Found], show: Show, limit: int) -> list[Hit]:
    hits: list[Hit] = []
    shown: set[int] = set()
    for start in range(0, len(rows), limit):
        for hit in show(rows[start : start + limit]):
            if hit.series is None or hit.series not in shown:
                hits.append(hit)
                shown |= set() if hit.series is None else {hit.series}
        if len(hits) >= limit:
            break
    return hits[:limit]
