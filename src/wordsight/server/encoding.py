"""Encoding queries while many come at the same time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
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

MOST_AT_ONCE = 8
"""Sentences: by then nearly all is saved that they save together."""
_KEPT = 1024
"""Vectors of the last queries, 1.5 KB each: a page asks again as it scrolls."""


@dataclass(eq=False)
class _Question:
    answer: Floats | Exception | None = None


class Batcher:
    """Encodes what waits in one call of the model, and keeps the vectors for a while.

    A thread that finds the model idle encodes at once, so nobody waits for company; those that
    come meanwhile wait for it to end, and one of them encodes theirs. What is expected is encoded
    by a thread of its own, while the others search.

    `hits` and `misses` count the sentences whose vectors were there, or not.
    """

    def __init__(self, encode: Encode, watch: Watch) -> None:
        self._encode = encode
        self._watch = watch
        self._turn = threading.Condition()
        self._open: OrderedDict[str, _Question] = OrderedDict()
        self._vectors: OrderedDict[str, Floats] = OrderedDict()
        self._busy = False
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self.hits = self.misses = 0

    def expect(self, texts: Iterable[str]) -> None:
        """Sentences that will be asked for soon."""
        with self._turn:
            unknown = [text for text in texts if text not in self._vectors]
            new = {text: _Question() for text in unknown if text not in self._open}
            self._open |= new
        for question in new.values():
            self._ahead.submit(self._settle, question)

    def __call__(self, text: str) -> Floats:
        """One sentence's vector `[d]`."""
        with self._turn:
            known = self._vectors.get(text)
            if known is not None:
                self._vectors.move_to_end(text)
                self.hits += 1
                return known
            self.misses += 1
            mine = self._open.setdefault(text, _Question())
        self._settle(mine)
        assert mine.answer is not None
        if isinstance(mine.answer, Exception):
            raise mine.answer
        return mine.answer

    def close(self) -> None:
        """Encode nothing ahead any more."""
        self._ahead.shutdown(wait=False, cancel_futures=True)

    def _settle(self, question: _Question) -> None:
        while question.answer is None:
            if batch := self._next_batch(question):  # the oldest, so not always with this one
                self._answer(batch)

    def _next_batch(self, mine: _Question) -> dict[str, _Question]:
        """What this thread is to encode; nothing once its own question is answered."""
        with self._turn:
            self._turn.wait_for(lambda: mine.answer is not None or not self._busy)
            if mine.answer is not None:
                return {}
            self._busy = True
            return dict(islice(self._open.items(), MOST_AT_ONCE))

    def _answer(self, batch: dict[str, _Question]) -> None:
        started = time.perf_counter()
        answers: Sequence[Floats | Exception]
        try:
            answers = list(self._encode(list(batch)))
        except Exception as error:
            answers = [error] * len(batch)
        self._watch(len(batch), time.perf_counter() - started)
        with self._turn:
            for (text, question), answer in zip(batch.items(), answers, strict=True):
                question.answer = answer
                del self._open[text]
                if not isinstance(answer, Exception):
                    self._vectors[text] = answer
            while len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)
            self._busy = False
            self._turn.notify_all()


class ServingModels(ModelSet):
    """Models of a server: queries are encoded together, and their vectors kept for a while."""

    def __init__(
        self, threads: int = 0, folder: Path = WEIGHTS, encoder: Encoder | None = None
    ) -> None:
        super().__init__(folder, threads, encoder=encoder)
        self.watch: Watch = lambda _size, _seconds: None
        self.batcher = Batcher(
            super().encode_queries, lambda size, seconds: self.watch(size, seconds)
        )

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """As those of `ModelSet`."""
        return np.stack([self.batcher(text) for text in texts])
