"""A caption's mean token log-probability as the probability that the caption is right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

Knots = Sequence[Sequence[float]]
"""Pairs of a log-probability and a probability, ascending in both."""


def certainty(confidence: float, knots: Knots) -> float | None:
    """Between the knots in straight lines, beyond them as at the last one; None without any."""
    if not knots:
        return None
    above = bisect_right(knots, confidence, key=itemgetter(0))
    if above in (0, len(knots)):
        return float(knots[min(above, len(knots) - 1)][1])
    (x, y), (next_x, next_y) = knots[above - 1 : above + 1]
    return y + (next_y - y) * (confidence - x) / (next_x - x)
