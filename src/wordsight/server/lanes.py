"""Work beside the event loop: bounded, in turn, within a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from wordsight.server.metrics import Metrics
from wordsight.server.settings import Lane

P = ParamSpec("P")
R = TypeVar("R")


class OverloadError(Exception):
    """Too many requests wait already, or one took too long; try again after so many seconds."""

    def __init__(self, message: str, code: int, retry_after: int) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class Workers:
    """Threads for one kind of work.

    A call that took too long is answered, but keeps its thread until it ends: work is never
    done by more threads than were allowed.
    """

    def __init__(self, name: str, lane: Lane, metrics: Metrics) -> None:
        self.name = name
        self.lane = lane
        self._refused = metrics.refused
        self._wait = metrics.stages.labels(f"wait for {name}")
        self._work = metrics.stages.labels(name)
        self._pool = ThreadPoolExecutor(lane.running, thread_name_prefix=name)
        self.unfinished = 0

    @property
    def waiting(self) -> int:
        """Calls that no thread has taken yet."""
        return max(0, self.unfinished - self.lane.running)

    @property
    def would_wait(self) -> bool:
        """Whether a call would find all threads at work, but a place in the queue."""
        return self.lane.running <= self.unfinished and self.waiting < self.lane.waiting

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Raises what `work` raises, or OverloadError."""
        if self.waiting >= self.lane.waiting:
            self._refused.inc()
            raise OverloadError("too many requests are waiting; try again soon", 429, 1)
        self.unfinished += 1
        future = self._pool.submit(self._timed, time.perf_counter(), work, *args, **kwargs)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._finished))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.lane.seconds)
        except TimeoutError:
            raise OverloadError("the server is too busy to answer in time", 503, 5) from None

    def _timed(self, asked: float, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        started = time.perf_counter()
        self._wait.observe(started - asked)
        try:
            return work(*args, **kwargs)
        finally:
            self._work.observe(time.perf_counter() - started)

    def _finished(self) -> None:
        self.unfinished -= 1

    def close(self) -> None:
        """Let what runs come to its end, and drop what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)
