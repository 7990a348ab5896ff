"""An instance of the function app: the package, in one of Microsoft's workers."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_ROOT = Path(__file__).parents[1]

Kind = Literal["called", "streamed"]
"""Of a worker, as the host names them: the present one's handlers by plain calls, and the one
that PyPI has, over gRPC."""

_VERSIONS: dict[Kind, str] = {"called": "3.13", "streamed": "3.11"}
_INSTALLED: dict[Kind, list[list[str]]] = {
    "called": [["azure-functions-runtime>=1.3"]],
    # It is pure Python, of 2020, and demands a grpcio that has no wheel for these Pythons; its
    # generated classes are read by a protobuf of those years.
    "streamed": [
        ["grpcio>=1.60", "protobuf==3.20.3"],
        ["--no-deps", "azure-functions-worker==1.1.9"],
    ],
}


class InvocationError(Exception):
    """What the host tells of a function that failed, or of a worker that ended."""


@dataclass(frozen=True)
class Prepared:
    """A worker's interpreter, and the package of the app for it."""

    kind: Kind
    python: Path
    app: Path


def worker_python(kind: Kind) -> str | None:
    """A Python of the version that the worker is run with; None if there is none."""
    version = _VERSIONS[kind]
    if sys.version.startswith(f"{version}."):
        return sys.executable
    known = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python"))
    return str(known[-1]) if known else shutil.which(f"python{version}")


def prepare(kind: Kind, python: str, folder: Path) -> Prepared:
    """An environment with the worker, and the app's package, both made in `folder`."""
    environment, app = folder / f"functions-{kind}", folder / f"function-app-{kind}"
    if not environment.exists():
        subprocess.run([python, "-m", "venv", str(environment)], check=True)
    for packages in _INSTALLED[kind]:
        pip = [str(environment / "bin" / "pip"), "install", "--quiet"]
        subprocess.run([*pip, *packages], check=True)
    interpreter = environment / "bin" / "python"
    make = [str(interpreter), "-m", "scripts.function_package", "--out", str(app)]
    subprocess.run(make, check=True, cwd=_ROOT, stdout=subprocess.DEVNULL)
    return Prepared(kind, interpreter, app)


class Instance:
    """A process that is asked for a line, and answers with one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.started = self._line()

    def ask(self, **asked: object) -> dict[str, Any]:
        """
        Raises:
            InvocationError: the function failed, or the worker ended.
        """
        assert self._process.stdin is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        told = self._line()
        if "error" in told:
            raise InvocationError(told["error"])
        return told

    def get(self, path: str, key: str | None = None, whole: bool = False) -> dict[str, Any]:
        """The answer; its body and headers only if they are asked for."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        told = self.ask(path=path, headers=headers, whole=whole)
        return {**told, "body": base64.b64decode(told["body"])} if whole else told

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the host has ended; it says why on its standard error")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def instance(
    prepared: Prepared, share: Path, local: str, count: bool = False, **settings: str
) -> Iterator[Instance]:
    """An instance of the app, once its functions are loaded."""
    told = {"WORDSIGHT_SHARE": str(share), "WORDSIGHT_LOCAL": local}
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "WORDSIGHT_LIBRARY")}
    host = [str(prepared.python), "-m", "benchmarks.functions_host", prepared.kind]
    process = subprocess.Popen(
        [*host, str(prepared.app.absolute()), *["--count"] * count],
        cwd=_ROOT,
        env={
            **clean,
            "WEBSITE_HOSTNAME": "photos.azurewebsites.net",
            "BORN": str(time.time()),
            **told,
            **settings,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Instance(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # with a worker that the host started
        process.communicate()
