"""A standalone Spark cluster on this machine, out of the package pyspark.

python -m scripts.spark_cluster --workers 2 --cores 1
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wordsight.java import find_java

_HERE = "127.0.0.1"
_PATIENCE = 120.0
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"


@dataclass(frozen=True)
class StandaloneCluster:
    """Its master's URL, and its workers, each the leader of a group of processes that its
    executors belong to."""

    master: str
    workers: list[subprocess.Popen[bytes]]

    def kill_worker(self, number: int) -> None:
        """With its executors, by SIGKILL."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)


@contextmanager
def standalone_cluster(
    workers: int = 2, cores: int = 1, memory: str = "1g"
) -> Iterator[StandaloneCluster]:
    """A master and so many workers, each with so many cores and so much memory."""
    with tempfile.TemporaryDirectory(prefix="spark-") as name, ExitStack() as stack:
        folder = Path(name)
        log = folder / "master.log"
        ports = ["--port", "0", "--webui-port", "0"]
        stack.enter_context(_process(log, _MASTER, "--host", _HERE, *ports))
        master = _said(log, r"Starting Spark master at (spark://\S+)")
        started = []
        for number in range(workers):
            log, work = folder / f"worker-{number}.log", folder / f"work-{number}"
            size = ["--cores", str(cores), "--memory", memory, "--work-dir", str(work)]
            started.append(
                stack.enter_context(_process(log, _WORKER, "--host", _HERE, *ports, *size, master))
            )
            _said(log, r"(Successfully registered) with master")
        yield StandaloneCluster(master, started)


@contextmanager
def _process(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Spark process with a group of its own, which ends with it."""
    import pyspark

    find_java()
    home = Path(pyspark.__file__).parent
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": _HERE}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            env={"PYSPARK_PYTHON": sys.executable, **environment},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _said(log: Path, pattern: str) -> str:
    gives_up = time.monotonic() + _PATIENCE
    while time.monotonic() < gives_up:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(f"Spark does not start: {log.read_text(errors='replace')[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.spark_cluster")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    parser.add_argument("--memory", default="1g", help="of each worker")
    chosen = parser.parse_args()
    with standalone_cluster(chosen.workers, chosen.cores, chosen.memory) as cluster:
        print(f"{cluster.master} is there; Ctrl-C stops it", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
