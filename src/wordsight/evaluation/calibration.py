"""How much a caption's confidence is worth: the probability that the caption is right.

A caption is *right* if it names something, and each thing that it names at least one of the
people named who captioned the photo. Another word for the same thing counts as wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.nouns import find_nouns, nouns_in
from wordsight.models.certainty import Knots, certainty

_KNOTS = 9
_OUTLIERS = 0.02
"""Share of confidences at either end, beyond which the curve is flat."""
_BINS = 10
_FOLDS = 10


@dataclass(frozen=True)
class Calibration:
    """Of captions the share that is `right`, the mean certainty, and the expected calibration
    error: the mean gap between both in ten bins of equal width, weighted by their captions."""

    captions: int
    right: float
    certainty: float
    error: float


def are_right(
    captions: Sequence[str], references: Sequence[Sequence[str]]
) -> npt.NDArray[np.bool_]:
    """Which captions are right, by those that people wrote for the same photos."""
    nouns = find_nouns([*captions, *(text for photo in references for text in photo)])
    right = []
    for caption, people in zip(captions, references, strict=True):
        theirs = {noun for text in people for noun in nouns_in(text, nouns)}
        named = nouns_in(caption, nouns)
        right.append(bool(named) and theirs.issuperset(named))
    return np.array(right, bool)


def calibration(
    confidences: Sequence[float], right: npt.NDArray[np.bool_], knots: Knots
) -> Calibration | None:
    """How well knots foretell what is right; None without any."""
    return _compared(_chances(confidences, knots), right) if knots else None


def cross_validated(confidences: Sequence[float], right: npt.NDArray[np.bool_]) -> Calibration:
    """How well knots foretell it that were fitted on other photos: ten times on nine tenths."""
    fold = np.arange(len(right)) % _FOLDS
    values, chances = np.array(confidences, float), np.empty(len(right))
    for one in range(_FOLDS):
        held = fold == one
        if held.any():
            knots = fit_knots(values[~held].tolist(), right[~held])
            chances[held] = _chances(values[held].tolist(), knots)
    return _compared(chances, right)


def _chances(confidences: Sequence[float], knots: Knots) -> npt.NDArray[np.float64]:
    return np.array([certainty(confidence, knots) for confidence in confidences], float)


def _compared(chances: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Calibration:
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(chances[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
        for one in np.unique(bins)
    ]
    return Calibration(len(right), float(right.mean()), float(chances.mean()), float(sum(gaps)))


def fit_knots(
    confidences: Sequence[float], right: npt.NDArray[np.bool_]
) -> list[tuple[float, float]]:
    """Knots on the logistic curve that foretells best what is right (Platt 1999).

    Platt's targets, a little inside of 0 and 1, keep the curve from growing steep for ever.
    """
    x = np.array(confidences, float)
    good, bad = int(right.sum()), int((~right).sum())
    target = np.where(right, (good + 1) / (good + 2), 1 / (bad + 2))
    middle, scale = float(x.mean()), float(x.std()) or 1.0
    design = np.stack([np.ones_like(x), (x - middle) / scale], 1)
    weights = np.zeros(2)
    for _ in range(30):  # Newton's method
        chance = 1 / (1 + np.exp(-design @ weights))
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + 1e-6 * np.eye(2)
        weights += np.linalg.solve(curvature, design.T @ (target - chance))
    weights[1] = max(weights[1], 0.0)  # more confidence is never worth less
    least, most = np.quantile(x, [_OUTLIERS, 1 - _OUTLIERS]).tolist()
    at = np.linspace(least, most, _KNOTS)
    chances = 1 / (1 + np.exp(-weights[0] - weights[1] * (at - middle) / scale))
    return [(round(float(a), 4), round(float(c), 4)) for a, c in zip(at, chances, strict=True)]
