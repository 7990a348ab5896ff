"""Work in a process of its own, and how much memory that process has."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class WorkFailedError(Exception):
    """The work raised, was killed, or took too long; says which in a few words."""


def apart(work: Callable[[], T], minutes: float | None = None) -> T:
    """What `work` returns in a new process, which shares no memory with this one.

    Raises:
        WorkFailedError: there is no result.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(there, work))
    process.start()
    there.close()
    try:
        if not here.poll(None if minutes is None else 60 * minutes):
            raise WorkFailedError(f"takes more than {minutes:.0f} minutes")
        good, told = here.recv()
    except EOFError:
        process.join()
        raise WorkFailedError(f"ended with {process.exitcode}") from None
    finally:
        process.kill()
        process.join()
    if not good:
        raise WorkFailedError(told)
    result: T = told
    return result


def _tell(pipe: Connection, work: Callable[[], object]) -> None:
    try:
        pipe.send((True, work()))
    except Exception as error:
        pipe.send((False, f"{type(error).__name__}: {error}"))


def memory() -> dict[str, int]:
    """Bytes of this process: resident (`VmRSS`), the part in files (`RssFile`), most (`VmHWM`)."""
    told = {}
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "RssFile", "VmHWM"):
            told[name] = 1024 * int(value.split()[0])
    return told
