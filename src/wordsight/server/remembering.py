"""Answers that are worth keeping for a while."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """One value of a version; while the versions change quickly it is made now and then only."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: tuple[Hashable, float, T] | None = None

    def of(self, version: Hashable, make: Callable[[], T]) -> T:
        """The value of this version, or of one a few seconds older."""
        with self._lock:
            held, now = self._held, time.monotonic()
            if held is not None and (held[0] == version or now - held[1] < self._seconds):
                return held[2]
            value = make()
            self._held = version, time.monotonic(), value
            return value


class Recent(Generic[T]):
    """The values last asked for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, T] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Made if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
