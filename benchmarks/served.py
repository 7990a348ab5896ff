"""A server in a process of its own, and requests to it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from benchmarks.captions_library import captions

_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Server:
    """A running `wordsight serve`."""

    port: int
    process: psutil.Process

    def memory(self) -> tuple[float, float]:
        """Megabytes in memory, of it and the processes it started: in all, and without what is
        mapped from files, which the system may drop at any time."""
        family = [self.process, *self.process.children(recursive=True)]
        told = [one.memory_info() for one in family if one.is_running()]
        return sum(m.rss for m in told) / 1e6, sum(m.rss - m.shared for m in told) / 1e6


@dataclass(frozen=True)
class Load:
    """What a load saw: requests and failures, seconds, and milliseconds of answers."""

    requests: int
    seconds: float
    p50: float
    p99: float
    worst: float
    failed: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


@contextmanager
def serving(library: Path) -> Iterator[Server]:
    """The real command, on a free port."""
    command = [sys.executable, "-m", "wordsight", "--library", str(library), "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, "the server did not start"
        yield Server(int(found.group(1)), psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def wrk(port: int, paths: Sequence[str], connections: int, seconds: int) -> Load:
    """So many connections that ask again as soon as they are answered, from one thread.

    Raises:
        FileNotFoundError: wrk is not installed (Debian's package `wrk`).
    """
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("\n".join(paths) + "\n")
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        address = f"http://127.0.0.1:{port}"
        run = subprocess.run(
            [*command, "-s", str(_SCRIPT), address, "--", file.name],
            check=True,
            capture_output=True,
            text=True,
        )
    return Load(**json.loads(run.stdout.strip().splitlines()[-1]))


def searches(data: Path, results: int = 20) -> list[str]:
    """Paths of searches, all different: captions that are not in the library."""
    texts = {text for row in captions(data) for text in row[2:]}
    return [f"/api/v1/search?limit={results}&q={quote(text[:500])}" for text in sorted(texts)]
