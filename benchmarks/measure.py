"""Timing, and telling on what machine."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import wordsight


def machine() -> str:
    """One line: date, processor, cores, versions."""
    import onnxruntime

    date = datetime.now(UTC).date()
    return (
        f"{date}, {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"ONNX Runtime {onnxruntime.__version__}, wordsight {wordsight.__version__}"
    )


def seconds(work: Callable[[], object], runs: int = 1) -> list[float]:
    """Wall-clock seconds of each of `runs` calls."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def milliseconds(taken: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    return float(np.median(taken)) * 1e3, float(np.percentile(taken, 99)) * 1e3


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
