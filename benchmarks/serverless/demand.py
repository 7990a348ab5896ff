"""When requests come: steadily, in a surge, until a drop, or as a day goes."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

import numpy as np

Rate = Callable[[float], float]
"""Requests a second at a time in seconds."""


def steady(rate: float) -> Rate:
    return lambda _: rate


def surge(before: float, after: float, at: float) -> Rate:
    """From one second to the next; a drop where `after` is less."""
    return lambda time: before if time < at else after


def day(mean: float, length: float, swing: float = 0.9) -> Rate:
    """Least at its ends, most in its middle; of a day that takes `length` seconds."""
    return lambda time: mean * (1 - swing * cos(2 * pi * time / length))


def arrivals(rate: Rate, seconds: float, highest: float, random: np.random.Generator) -> np.ndarray:
    """Times of a Poisson process with that rate, ascending, by thinning one of the highest rate."""
    number = random.poisson(highest * seconds)
    times = np.sort(random.uniform(0, seconds, number))
    kept = random.uniform(0, highest, number) < np.array([rate(time) for time in times])
    return times[kept] if number else times
