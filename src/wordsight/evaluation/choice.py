"""Which clustering to use, and why, out of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wordsight.evaluation.method_rows import TARGETS, MethodRow

_ALIKE = 1.1
_MUCH_NOISE = 0.1


@dataclass(frozen=True)
class Choice:
    """The method chosen, by what rule, why, and what speaks against each of the others."""

    method: str
    rule: str
    reason: str
    against: dict[str, str]


def choose(rows: Sequence[MethodRow], target: float = TARGETS[-1]) -> Choice:
    """The method that is fitted fastest among those that serve searches best.

    Best is who compares least for the target with sentences as queries; who compares at most a
    tenth more serves as well. Less than a second is fast enough for anyone.

    Raises:
        ValueError: there are no rows.
    """
    least = min(_compared(row, target) for row in rows)
    alike = [row for row in rows if _compared(row, target) <= _ALIKE * least]
    chosen = min(alike, key=lambda row: (max(row.seconds, 1.0), _compared(row, target)))
    return Choice(
        method=chosen.method,
        rule=(
            f"the fastest to fit among those that compare, for recall@10 of {target} with "
            "sentences as queries, at most a tenth more than the best"
        ),
        reason=_reason(chosen, alike, target),
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


def _reason(chosen: MethodRow, alike: Sequence[MethodRow], target: float) -> str:
    others = len(alike) - 1
    beside = f", and {others} other{'s' * (others > 1)} about as few" if others else ", the fewest"
    return (
        f"compares {_compared(chosen, target):.1%} of the embeddings{beside}; fitted in "
        f"{chosen.seconds:.1f} s; the largest of {chosen.clusters} cells has {chosen.largest} "
        f"photos, the median {chosen.median:.0f}"
    )


def _against(row: MethodRow, chosen: MethodRow, alike: bool, target: float) -> str:
    share = _compared(row, target)
    if alike:
        said = [f"compares {share:.1%}, about as much, and is fitted in {row.seconds:.1f} s"]
    else:
        times = share / _compared(chosen, target)
        said = [f"compares {share:.1%}, {times:.1f} times as much"]
    if row.clusters <= 1:
        said.append("finds one cluster" if row.clusters else "finds no cluster")
    if row.noise > _MUCH_NOISE:
        said.append(f"leaves {row.noise:.0%} of the photos in no cluster")
    return "; ".join(said)
