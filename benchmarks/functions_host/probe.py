"""What is seen where the functions run: openings that are counted, memory, times of the start.

For the worker over gRPC this file is beside the app's, as one more function.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

_opened: Counter[str] = Counter()


def main(asked: str) -> str:
    """As a function: JSON of what is seen; asked to "count", it does so from now on."""
    if asked == "count":
        count_openings()
    return json.dumps(look())


def look() -> dict[str, Any]:
    site = sys.modules["function_app"].site
    return {"opened": _opened, "memory": memory(), "took": site.took}


def memory() -> dict[str, int]:
    """Bytes of this process: resident, the part that is mapped from files, and the most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    return {name: 1024 * int(told[name].split()[0]) for name in ("VmRSS", "RssFile", "VmHWM")}


def count_openings() -> None:
    """Of models, snapshots and connections to a database."""
    import onnxruntime
    from sqlalchemy import Engine, event

    from wordsight.index.snapshot import Snapshot

    def counted(kind: Any, name: str) -> None:
        real = kind.__init__

        def init(self: Any, *arguments: Any, **options: Any) -> None:
            _opened[name] += 1
            real(self, *arguments, **options)

        kind.__init__ = init

    counted(onnxruntime.InferenceSession, "models")
    counted(Snapshot, "snapshots")
    event.listen(Engine, "connect", lambda *_: _opened.update(["connections"]))
