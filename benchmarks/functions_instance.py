"""An instance of the function app: the package, in Microsoft's runtime of the Python worker."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]


def runtime_python() -> str | None:
    """A Python that the runtime supports: 3.13; None if there is none."""
    versions = sorted(Path("~/.pyenv/versions").expanduser().glob("3.13.*/bin/python"))
    return str(versions[-1]) if versions else shutil.which("python3.13")


def prepare(python: str, folder: Path) -> tuple[Path, Path]:
    """The interpreter with the runtime, and the app's package, both made in `folder`."""
    environment, app = folder / "functions-runtime", folder / "function-app"
    if not environment.exists():
        subprocess.run([python, "-m", "venv", str(environment)], check=True)
        pip = [str(environment / "bin" / "pip"), "install", "--quiet"]
        subprocess.run([*pip, "azure-functions-runtime>=1.3"], check=True)
    interpreter = environment / "bin" / "python"
    make = [str(interpreter), "-m", "scripts.function_package", "--out", str(app)]
    subprocess.run(make, check=True, cwd=_ROOT, stdout=subprocess.DEVNULL)
    return interpreter, app


class Instance:
    """A process that is asked for a line, and answers with one."""

    def __init__(self, process: subprocess.Popen[str], born: float) -> None:
        self._process = process
        self.started = self._line()
        self.started["seconds"]["all"] = time.time() - born

    def ask(self, **asked: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return self._line()

    def get(self, path: str, key: str | None = None, whole: bool = False) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        told = self.ask(path=path, headers=headers, whole=whole)
        return {**told, "body": base64.b64decode(told["body"])}

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the host has ended; it says why on its standard error")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def instance(
    python: Path, app: Path, share: Path, local: str, count: bool = False, **settings: str
) -> Iterator[Instance]:
    """An instance of the app, once its functions are loaded."""
    told = {"WORDSIGHT_SHARE": str(share), "WORDSIGHT_LOCAL": local}
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "WORDSIGHT_LIBRARY")}
    born = time.time()
    process = subprocess.Popen(
        [python, Path(__file__).with_name("functions_host.py"), app, *["--count"] * count],
        env={
            **clean,
            "WEBSITE_HOSTNAME": "photos.azurewebsites.net",
            "BORN": str(born),
            **told,
            **settings,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Instance(process, born)
    finally:
        process.kill()
        process.communicate()
