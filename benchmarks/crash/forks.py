"""The inside of a zygote: each piece of work is done by a process of its own.

It keeps no threads, so that the forks are whole.
"""

from __future__ import annotations

import gc
import json
import os
import select
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

PATIENCE = 300.0
"""Seconds after which a piece of work counts as hanging."""

_BATCH = 4
_EXACT_BELOW = 8
_CHANGES_AT_THE_END = (0, 0.0)
_CHANGES_UNDER_WAY = (6, 0.1)
_QUERIES = 8
_PAGES_BEFORE_CHECKPOINT = 60


@dataclass
class Told:
    """What came of a piece of work. Neither killed nor with an error, it ended well.

    `left` are the numbers it told on its way; `seconds` is how long it took.
    """

    result: Any = None
    error: str | None = None
    killed: bool = False
    left: list[int] = field(default_factory=list)
    seconds: float = 0.0


def main() -> None:
    """Serve requests, a line each, until there are no more. The argument is a folder to use."""
    from benchmarks.crash import work

    _scale_down()
    _keep_compiled()
    _warm_up(Path(sys.argv[1]))
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise SystemExit("there are threads, which forks would lack")
    for line in sys.stdin:
        request = json.loads(line)
        function = getattr(work, request["work"])
        told = _run_apart(function, request["arguments"], request["kill_after"])
        print(json.dumps(asdict(told)), flush=True)


def _scale_down() -> None:
    """Two dozen photos have to fill several batches, cells and write-ahead logs."""
    from sqlalchemy import Engine, event

    from wordsight import publishing
    from wordsight.index.build import probe_queries
    from wordsight.indexing import IndexingJob
    from wordsight.pipeline import local

    def checkpoint_often(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")

    queries = probe_queries()[:_QUERIES]
    vars(publishing)["probe_queries"] = lambda: queries
    local.BATCH = _BATCH
    IndexingJob.exact_below = _EXACT_BELOW
    publishing.CHANGES_AT_THE_END = _CHANGES_AT_THE_END
    publishing.CHANGES_UNDER_WAY = _CHANGES_UNDER_WAY
    event.listen(Engine, "connect", checkpoint_often)


def _keep_compiled() -> None:
    """Every new engine compiles its SQL anew; here forks inherit that for the same database."""
    from sqlalchemy import create_engine

    from wordsight.catalog import dialects

    vars(dialects)["create_engine"] = cache(create_engine)


def _warm_up(folder: Path) -> None:
    """Do once what every fork would else do anew: import, compile, allocate."""
    from benchmarks.crash import work

    photos, library = folder / "photos", folder / "library"
    work.prepare(_ignore, "more photos", str(photos), str(library))
    work.step(_ignore, "more photos", str(photos), str(library))
    work.examine(_ignore, "more photos", str(library))
    shutil.rmtree(photos)
    shutil.rmtree(library)
    gc.collect()
    gc.freeze()


def _ignore(_left: int) -> None:
    pass


def _run_apart(
    function: Callable[..., object], arguments: dict[str, object], kill_after: float | None
) -> Told:
    reading, writing = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(function, arguments, writing)
    os.close(writing)
    allowed = PATIENCE if kill_after is None else kill_after
    said, ended = _read(reading, started + allowed)
    if not ended:
        os.kill(child, signal.SIGKILL)
        said += _read(reading, None)[0]
    os.close(reading)
    _, status = os.waitpid(child, 0)
    told = _told(said, status)
    told.seconds = time.monotonic() - started
    if not ended and kill_after is None:
        told.error = f"it hangs: no end within {PATIENCE:.0f} seconds"
    return told


def _work(function: Callable[..., object], arguments: dict[str, object], writing: int) -> NoReturn:
    """In the new process: say what comes of it, a line each, and end."""

    def say(what: str, content: object) -> None:
        os.write(writing, json.dumps({what: content}).encode() + b"\n")

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say("result", function(lambda left: say("left", left), **arguments))
    except BaseException:
        say("error", traceback.format_exc())
    finally:
        os._exit(0)


def _read(pipe: int, deadline: float | None) -> tuple[bytes, bool]:
    """What comes until the deadline, and whether that was all."""
    said = b""
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([pipe], [], [], left)[0]:
            return said, False
        chunk = os.read(pipe, 1 << 16)
        if not chunk:
            return said, True
        said += chunk


def _told(said: bytes, status: int) -> Told:
    told = Told()
    for line in said.splitlines():
        for what, content in json.loads(line).items():
            if what == "left":
                told.left.append(content)
            else:
                setattr(told, what, content)
    if os.WIFSIGNALED(status):
        told.killed = os.WTERMSIG(status) == signal.SIGKILL
        if not told.killed:
            told.error = f"it died by {signal.Signals(os.WTERMSIG(status)).name}"
    return told


if __name__ == "__main__":
    main()
