"""Which clustering to use, and why, out of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wordsight.evaluation.method_rows import TARGETS, MethodRow

_ALIKE = 1.5
"""A search that compares half as much again is not felt: each query scores all centroids as well,
which are more. A fit that takes many times as long is felt whenever a library has grown."""

_MUCH_NOISE = 0.1


@dataclass(frozen=True)
class Choice:
    """The method chosen, by what rule, why, and what speaks against each of the others."""

    method: str
    rule: str
    reason: str
    against: dict[str, str]


def choose(rows: Sequence[MethodRow], target: float = TARGETS[-1]) -> Choice:
    """The method that is fitted fastest among those that serve searches well.

    Best is who compares least for the target with sentences as queries; who compares at most
    half as much again serves well. Less than a second is fast enough for anyone.

    Raises:
        ValueError: there are no rows.
    """
    best = min(rows, key=lambda row: _compared(row, target))
    alike = [row for row in rows if _compared(row, target) <= _ALIKE * _compared(best, target)]
    chosen = min(alike, key=lambda row: (max(row.seconds, 1.0), _compared(row, target)))
    return Choice(
        method=chosen.method,
        rule=(
            f"the fastest to fit among those that compare, for recall@10 of {target} with "
            "sentences as queries, at most half as much again as the best"
        ),
        reason=_reason(chosen, best, target),
        against={
            row.method: _against(row, chosen, row in alike, target)
            for row in rows
            if row is not chosen
        },
    )


def _compared(row: MethodRow, target: float) -> float:
    """The share of embeddings compared; a search that falls short compares them all."""
    share = row.sentences.compared[target]
    return 1.0 if share is None else share


def _reason(chosen: MethodRow, best: MethodRow, target: float) -> str:
    share, least = _compared(chosen, target), _compared(best, target)
    said = [f"compares {share:.1%} of the embeddings and is fitted in {chosen.seconds:.1f} s"]
    if chosen is not best:
        more = (share - least) * sum(chosen.sizes)
        said.append(
            f"{best.method} compares least, {least:.1%}, which is {more:.0f} embeddings fewer a "
            f"query (beside {len(best.sizes)} centroids), and is fitted in {best.seconds:.1f} s"
        )
    said.append(
        f"the largest of {len(chosen.sizes)} cells has {chosen.largest} photos, the median "
        f"{chosen.median:.0f}"
    )
    return "; ".join(said)


def _against(row: MethodRow, chosen: MethodRow, alike: bool, target: float) -> str:
    share = _compared(row, target)
    if alike:
        said = [f"compares {share:.1%}, and is fitted in {row.seconds:.1f} s"]
    else:
        times = share / _compared(chosen, target)
        said = [f"compares {share:.1%}, {times:.1f} times as much"]
    if row.clusters <= 1:
        said.append("finds one cluster" if row.clusters else "finds no cluster")
    if row.noise > _MUCH_NOISE:
        said.append(f"leaves {row.noise:.0%} of the photos in no cluster")
    return "; ".join(said)
