"""Parts of a mapped file are in memory soon after it is told that they will be looked at."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from wordsight.index import read_ahead
from wordsight.index.read_ahead import ReadAhead

SIZE, AT, LENGTH = 64 << 20, 40 << 20, 10_000
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is told")


@pytest.fixture
def mapped(tmp_path: Path) -> np.ndarray:
    """Bytes of a file that is on the disk alone."""
    path = tmp_path / "bytes"
    path.write_bytes(bytes(SIZE))
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    array = np.asarray(np.memmap(path, mode="r"))
    if in_memory(array):
        pytest.skip("this file system keeps all in memory")
    return array


def in_memory(mapped: np.ndarray) -> bool:
    pages = (ctypes.c_ubyte * (-(-LENGTH // mmap.PAGESIZE)))()
    at = ctypes.c_void_p(mapped.ctypes.data + AT)
    assert ctypes.CDLL(None).mincore(at, ctypes.c_size_t(LENGTH), pages) == 0
    return all(pages)


def expect(mapped: np.ndarray) -> None:
    ahead = ReadAhead(mapped.ctypes.data, len(mapped))
    ahead.expect(np.array([AT, 0]), np.array([LENGTH, 1]))


def test_what_is_expected_is_read_before_it_is_looked_at(
    mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_ahead, "LARGE", SIZE)
    expect(mapped)
    until = time.monotonic() + 10
    while not in_memory(mapped) and time.monotonic() < until:
        time.sleep(0.01)
    assert in_memory(mapped)


def test_of_a_small_file_nothing_is_told(mapped: np.ndarray) -> None:
    expect(mapped)
    time.sleep(0.2)
    assert not in_memory(mapped)
