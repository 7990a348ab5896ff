"""Transactions tried again when the connection to the database is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Engine

from wordsight.errors import ConnectionLostError

PATIENCE = 60.0
"""Seconds that a run waits for a server that is away, as while it restarts."""
_LONGEST_PAUSE = 2.0

Given = ParamSpec("Given")
Result = TypeVar("Result")


class _OnEngine(Protocol):
    @property
    def _engine(self) -> Engine: ...


_Self = TypeVar("_Self", bound=_OnEngine)


@contextmanager
def patient(engine: Engine) -> Iterator[None]:
    """Meanwhile, wait for a server that is away. Else the answer is wanted now: one more try."""
    engine.update_execution_options(patience=PATIENCE)
    try:
        yield
    finally:
        engine.update_execution_options(patience=0.0)


def patiently(engine: Engine, work: Callable[[], Result]) -> Result:
    """What `work` gives, which may be done twice: nobody knows of a transaction whose
    connection is lost at its end whether it took place."""
    ends = time.monotonic() + engine.get_execution_options().get("patience", 0.0)
    pause = 0.0
    while True:
        try:
            return work()
        except ConnectionLostError:
            if pause and time.monotonic() + pause > ends:
                raise
            time.sleep(pause)
            pause = min(max(2 * pause, 0.1), _LONGEST_PAUSE)


def retried(
    method: Callable[Concatenate[_Self, Given], Result],
) -> Callable[Concatenate[_Self, Given], Result]:
    """A method that is one transaction, or only reads, done `patiently`."""

    @wraps(method)
    def tried(self: _Self, /, *arguments: Given.args, **options: Given.kwargs) -> Result:
        return patiently(self._engine, lambda: method(self, *arguments, **options))

    return tried
