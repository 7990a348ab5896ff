"""A process that is ready to index and forks a new one for each piece of work.

Importing takes seconds, forking milliseconds. This is its outside; inside it runs `forks`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.crash.forks import Told


class Zygote:
    """The process, seen from outside.

    Args:
        preload: the library that `boundaries.build` made.
        folder: an empty one. Work on `folder / "library"` is the fastest.
    """

    def __init__(self, preload: Path, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.crash.forks", folder],
            env={
                **os.environ,
                "LD_PRELOAD": str(preload),
                "OMP_NUM_THREADS": "1",  # no pools of threads, which forks would lack
                "OPENBLAS_NUM_THREADS": "1",
                "PYTHONDONTWRITEBYTECODE": "1",  # every write is the library's
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(
        self, work: str, arguments: Mapping[str, object], kill_after: float | None = None
    ) -> Told:
        """Run a function of `work` in a new process, and kill that after some seconds if told."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        request = {"work": work, "arguments": arguments, "kill_after": kill_after}
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise RuntimeError(f"the zygote has ended: {self._process.wait()}")
        return Told(**json.loads(answer))

    def close(self) -> None:
        """End it."""
        self._process.communicate()
