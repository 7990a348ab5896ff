"""A caption's mean token log-probability as the probability that the caption is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Knots = Sequence[Sequence[float]]
"""Pairs of a log-probability and a probability, ascending in both."""


def certainty(confidence: float, knots: Knots) -> float | None:
    """Between the knots in straight lines, beyond them as at the last one; None without any."""
    if not knots:
        return None
    at, probabilities = zip(*knots, strict=True)
    return float(np.interp(confidence, at, probabilities))
