"""Where a process changes files: counting those calls, and dying at one of them."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_name("interpose.c")


@dataclass(frozen=True)
class Boundary:
    """A call that changes a file: `call` is such as `write` or `rename`."""

    call: str
    path: str

    def __str__(self) -> str:
        return f"{self.call} {self.path}"


@dataclass(frozen=True)
class Deadline:
    """The process dies at its call `at`, counted from 1, or never (0).

    It dies before the call, or with `half` when half of what is to be written is written.
    """

    at: int = 0
    half: bool = False


def possible() -> bool:
    """Whether calls can be counted here: that needs Linux and a C compiler."""
    return sys.platform == "linux" and shutil.which("cc") is not None


def build(folder: Path) -> Path:
    """Compile the library that is to be preloaded."""
    library = folder / "interpose.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"],
        check=True,
        capture_output=True,
    )
    return library


@contextmanager
def armed(deadline: Deadline, log: Path | None = None) -> Iterator[None]:
    """Count the calls inside the block; only where the library is preloaded.

    Args:
        deadline: when to die.
        log: gets a line for each call, for `read_log`.
    """
    into = -1 if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    _preloaded().crash_arm(ctypes.c_long(deadline.at), int(deadline.half), into)
    try:
        yield
    finally:
        _preloaded().crash_disarm()
        if log is not None:
            os.close(into)


def read_log(log: Path, folder: Path) -> list[Boundary]:
    """The calls of a run in their order, with paths relative to `folder`."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = [line.partition(" ") for line in lines]
    return [Boundary(call, path.removeprefix(f"{folder}/")) for call, _, path in pairs]


@cache
def _preloaded() -> ctypes.CDLL:
    return ctypes.CDLL(None)
