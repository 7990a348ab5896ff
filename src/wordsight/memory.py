"""How the C library hands out memory."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8
"""Of glibc's `mallopt`."""
_ARENAS = 2


def few_arenas() -> None:
    """To be called by commands that run long on many threads.

    The C library gives each thread a pool of memory of its own, up to eight a core, and keeps what
    was freed in one from all others: decoding photos that way takes a hundred megabytes more, the
    longer it runs.
    """
    _call("mallopt", _M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give what was freed back to the system, from between what is still in use as well."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    """Not every C library has these."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), name):
        getattr(library, name)(*arguments)
