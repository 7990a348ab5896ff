"""Fitting a clusterer in a process of its own, so that its memory can be told.

Started as a command, not forked: a fork would begin with this process's memory, and a forked
thread pool may hang.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.clusterers import Clusterer, Partition, partition

Floats = npt.NDArray[np.float32]

_WARM_UP = 64
"""Points that are clustered first, so that libraries are loaded before anything is measured."""


@dataclass(frozen=True)
class Fitted:
    """A partition and what it cost: wall-clock seconds, seconds of all processors together, and
    the bytes by which the process grew at its largest (0 where the system does not tell)."""

    partition: Partition
    seconds: float
    processor_seconds: float
    memory: int


class FitFailedError(Exception):
    """A method raised, or its process was killed; says which in a few words."""


def fit_alone(clusterer: Clusterer, points: Floats, seed: int) -> Fitted:
    """Cluster points `[n, r]` in a new process.

    Raises:
        FitFailedError: there is no result.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="wordsight-") as made:
            return _fit_in(Path(made), clusterer, points, seed)
    except OSError as error:
        raise FitFailedError(str(error)) from error


def _fit_in(folder: Path, clusterer: Clusterer, points: Floats, seed: int) -> Fitted:
    np.save(folder / "points.npy", points)
    (folder / "job").write_bytes(pickle.dumps((clusterer, seed)))
    ended = subprocess.run(_command(str(folder)), stderr=subprocess.PIPE, check=False)
    if ended.returncode:
        raise FitFailedError(_why(ended.returncode, ended.stderr))
    fitted = pickle.loads((folder / "result").read_bytes())
    assert isinstance(fitted, Fitted)
    return fitted


def _command(made: str) -> list[str]:
    return [sys.executable, "-c", f"from {__name__} import fit_here; fit_here({made!r})"]


def peak_memory() -> int:
    """The most bytes this process ever had; 0 where the system does not tell."""
    try:
        # What getrusage tells would begin with the memory of the process that started this one.
        told = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(told.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return _most_used()


def _most_used() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _why(code: int, said: bytes) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"killed by {name}" + (", out of memory it seems" if name == "SIGKILL" else "")
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"ended with {code}"


def fit_here(made: str) -> None:
    """What the new process does: fit the job in a folder, and leave the result there."""
    folder = Path(made)
    clusterer, seed = pickle.loads((folder / "job").read_bytes())
    points = np.load(folder / "points.npy")
    partition(clusterer, points[:_WARM_UP], seed)
    with suppress(OSError):  # Linux forgets the peak so far
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = peak_memory()
    started, worked = time.perf_counter(), time.process_time()
    found = partition(clusterer, points, seed)
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    fitted = Fitted(found, seconds, processor, max(0, peak_memory() - before))
    (folder / "result").write_bytes(pickle.dumps(fitted))
