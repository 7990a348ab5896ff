"""Encoding queries while many come at the same time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.models.runtime import Floats

if TYPE_CHECKING:
    from wordsight.models.encoders.registry import Encoder

Encode = Callable[[Sequence[str]], Floats]
Watch = Callable[[int, float], None]
"""Is told of each batch: how many sentences, how many seconds."""

MOST_AT_ONCE = 32
_KEPT = 4096
"""Vectors of the last queries, 1.5 KB each: a page asks again as it scrolls."""


@dataclass(eq=False)
class _Question:
    text: str
    answer: Floats | Exception | None = None


class Batcher:
    """Encodes what waits in one call of the model.

    A thread that finds the model idle encodes at once, so nobody waits for company; those that
    come meanwhile wait for it to end, and one of them encodes all of theirs.
    """

    def __init__(self, encode: Encode, watch: Watch) -> None:
        self._encode = encode
        self._watch = watch
        self._turn = threading.Condition()
        self._waiting: list[_Question] = []
        self._busy = False

    def __call__(self, text: str) -> Floats:
        """One sentence's vector `[d]`."""
        mine = _Question(text)
        with self._turn:
            self._waiting.append(mine)
        while mine.answer is None:
            if batch := self._next_batch(mine):  # the oldest, so not always with mine
                self._answer(batch)
        if isinstance(mine.answer, Exception):
            raise mine.answer
        return mine.answer

    def _next_batch(self, mine: _Question) -> list[_Question]:
        """What this thread is to encode; nothing once its own question is answered."""
        with self._turn:
            self._turn.wait_for(lambda: mine.answer is not None or not self._busy)
            if mine.answer is not None:
                return []
            self._busy = True
            batch = self._waiting[:MOST_AT_ONCE]
            del self._waiting[:MOST_AT_ONCE]
            return batch

    def _answer(self, batch: list[_Question]) -> None:
        started = time.perf_counter()
        answers: Sequence[Floats | Exception]
        try:
            answers = list(self._encode([question.text for question in batch]))
        except Exception as error:
            answers = [error] * len(batch)
        self._watch(len(batch), time.perf_counter() - started)
        with self._turn:
            for question, answer in zip(batch, answers, strict=True):
                question.answer = answer
            self._busy = False
            self._turn.notify_all()


class ServingModels(ModelSet):
    """Models of a server: queries are encoded together, and their vectors kept for a while.

    `hits` and `misses` count the queries whose vectors were there, or not.
    """

    def __init__(
        self, threads: int = 0, folder: Path = WEIGHTS, encoder: Encoder | None = None
    ) -> None:
        super().__init__(folder, threads, encoder=encoder)
        self.watch: Watch = lambda _size, _seconds: None
        self.hits = self.misses = 0
        self._batcher = Batcher(
            super().encode_queries, lambda size, seconds: self.watch(size, seconds)
        )
        self._vectors: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """As those of `ModelSet`."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Floats:
        with self._lock:
            known = self._vectors.get(text)
            if known is not None:
                self._vectors.move_to_end(text)
                self.hits += 1
                return known
            self.misses += 1
        vector = self._batcher(text)
        with self._lock:
            self._vectors[text] = vector
            if len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)
        return vector
