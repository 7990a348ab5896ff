"""Reading parts of a large mapped file at once, not one after the other.

A look at a part that is not in memory waits for the disk, and reads up to megabytes around it. A
query looks at some hundred parts: a disk gives them together in hardly more time than one.
"""

from __future__ import annotations

import ctypes
import mmap
import sys

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

LARGE = 1 << 30
"""Bytes: smaller files are in memory whole before long, and telling takes its time as well."""


class ReadAhead:
    """Tells the system which parts of mapped memory will be looked at, and that nothing around them
    will. Does nothing where there is no way to tell.

    Args:
        address: where the memory begins.
        size: in bytes.
    """

    def __init__(self, address: int, size: int) -> None:
        self._address = address
        self._advise = _madvise() if size >= LARGE else None
        if self._advise is not None:
            self._tell(address, size, mmap.MADV_RANDOM)

    def expect(self, starts: Ids, sizes: Ids) -> None:
        """Parts that will be looked at: where in the memory they begin, and their bytes."""
        if self._advise is None:
            return
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            self._tell(self._address + start, size, mmap.MADV_WILLNEED)

    def _tell(self, address: int, size: int, advice: int) -> None:
        assert self._advise is not None
        begin = address // mmap.PAGESIZE * mmap.PAGESIZE
        self._advise(begin, address + size - begin, advice)


def _madvise() -> ctypes._NamedFuncPointer | None:
    """The system call, which only advises: what it says of an error is of no interest. Without
    letting go of Python's lock, since it is called a hundred times for a moment each."""
    if sys.platform != "linux":
        return None
    advise = ctypes.PyDLL(None).madvise
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return advise
