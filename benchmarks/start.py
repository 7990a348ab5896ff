"""What the default install weighs, and how soon the command answers.

A new virtual environment gets `pip install .` and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import milliseconds, seconds, table
from wordsight.library_status import size

_RUNS = 10


def run() -> str:
    """The tables, in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        empty = size(Path(folder))
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", "."], check=True)
        installed = size(Path(folder)) - empty
        own = size(next(Path(folder).glob("lib/python*/site-packages/wordsight")))
        rows = [
            _row("bare interpreter", [str(python), "-c", "pass"]),
            _row("`wordsight --help`", [str(Path(folder, "bin", "wordsight")), "--help"]),
            _row("`import wordsight`", [str(python), "-c", "import wordsight"]),
            _row("`from wordsight import Library`", [str(python), "-c", _IMPORT]),
        ]
    return "\n".join(
        [
            "## Installing and starting",
            "",
            f"The default install adds {installed / 1e6:.0f} MB, {own / 1e6:.0f} MB of it "
            "wordsight with its models.",
            "",
            table(["whole process", "p50 ms", "p99 ms"], rows),
        ]
    )


_IMPORT = "from wordsight import Library"


def _row(name: str, command: list[str]) -> list[str]:
    def start() -> None:
        subprocess.run(command, check=True, capture_output=True)

    start()
    p50, p99 = milliseconds(seconds(start, _RUNS))
    return [name, f"{p50:.0f}", f"{p99:.0f}"]
