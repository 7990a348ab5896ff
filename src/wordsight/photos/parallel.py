"""Many reads and writes at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from wordsight.errors import WordsightError

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=WordsightError)

_AHEAD = 2


def in_parallel(
    work: Callable[[T], R], items: Iterable[T], workers: int, errors: type[E]
) -> Iterator[tuple[T, R | E]]:
    """Outcomes in the order of the items, never far ahead of the one that is waited for.

    An item for which `work` raises one of `errors` gives that error; any other ends it all.
    """

    def outcome(item: T) -> R | E:
        try:
            return work(item)
        except errors as error:
            return error

    pool = ThreadPoolExecutor(workers)
    ahead: deque[tuple[T, Future[R | E]]] = deque()
    try:
        for item in items:
            ahead.append((item, pool.submit(outcome, item)))
            if len(ahead) >= _AHEAD * workers:
                first, future = ahead.popleft()
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
