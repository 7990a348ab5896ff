"""Where and when something was measured."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("wordsight", "faiss-cpu", "numpy", "onnxruntime")


def machine() -> str:
    """One line: date, processor, cores, versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    date = datetime.now(UTC).date()
    return f"{date}, {_processor()}, {os.cpu_count()} cores, {platform.system()}, {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
