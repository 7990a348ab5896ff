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
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not every C library has it
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, _ARENAS)
