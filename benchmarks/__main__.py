"""`python -m benchmarks [--only NAME] [--write]`"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks import describe, index, query, start
from benchmarks.measure import machine

PAGE = Path("docs/benchmarks.md")
HEAD = """# Benchmarks

Written by `make bench`; do not edit. Times on shared machines vary: the ratios within a run
say more than the figures.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--data", type=Path, default=os.environ.get("WORDSIGHT_DATA"))
    parser.add_argument("--cache", type=Path, default=Path("build/cache"))
    parser.add_argument("--only", choices=["start", "describe", "query", "index"])
    parser.add_argument("--size", type=int, action="append", help="of the index; may be repeated")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE}")
    chosen = parser.parse_args()
    if chosen.data is None:
        parser.error("give --data, or set WORDSIGHT_DATA, to the folder with the photos")
    if chosen.only and chosen.write:
        parser.error("--write takes all tables; leave out --only")
    runs: dict[str, Callable[[], str]] = {
        "start": start.run,
        "describe": lambda: describe.run(chosen.data),
        "query": lambda: query.run(chosen.data, chosen.cache),
        "index": lambda: index.run(chosen.data, chosen.cache, chosen.size or index.SIZES),
    }
    parts = [HEAD, f"Machine: {machine()}.\n"]
    for name, run in runs.items():
        if chosen.only in (None, name):
            parts.append(run() + "\n")
            print(parts[-1], flush=True)
    if chosen.write:
        PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
