"""`python -m benchmarks [--only NAME …] [--write]`"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    crashes,
    describe,
    functions,
    index,
    index_within,
    load,
    mixed,
    near_duplicates,
    near_duplicates_many,
    painting,
    postgres,
    query,
    spark,
    spark_clustering,
    spark_storing,
    start,
    stores,
    unchanged,
)
from benchmarks.page import section, write
from benchmarks.serverless import report as serverless

NAMES = (
    "start", "describe", "query", "load", "mixed", "painting", "postgres", "index", "crashes",
    "stores", "unchanged", "functions", "serverless", "spark", "spark-storing",
    "spark-clustering", "near-duplicates", "many-near-duplicates",
)  # fmt: skip
APART = "index-within"
"""Needs a limit of memory, and so is run by itself only."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--data", type=Path, default=os.environ.get("WORDSIGHT_DATA"))
    parser.add_argument("--cache", type=Path, default=Path("build/cache"))
    parser.add_argument(
        "--only", action="append", choices=[*NAMES, "index-within"], help="may be repeated"
    )
    parser.add_argument("--size", type=int, action="append", help="of the index; may be repeated")
    parser.add_argument("--trials", type=int, default=2000, help="kills of a library")
    parser.add_argument("--minutes", type=float, default=10, help="of mixed load")
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    chosen = parser.parse_args()
    if chosen.data is None:
        parser.error("give --data, or set WORDSIGHT_DATA, to the folder with the photos")
    runs: dict[str, Callable[[], str]] = {
        "start": start.run,
        "describe": lambda: describe.run(chosen.data),
        "query": lambda: query.run(chosen.data, chosen.cache),
        "load": lambda: load.run(chosen.data, chosen.cache),
        "mixed": lambda: mixed.run(chosen.data, chosen.cache, chosen.minutes),
        "painting": painting.run,
        "postgres": lambda: postgres.run(chosen.data, chosen.cache),
        "index": lambda: index.run(chosen.data, chosen.cache, chosen.size or index.SIZES),
        APART: lambda: index_within.run(chosen.data, chosen.cache),
        "crashes": lambda: crashes.run(chosen.trials),
        "stores": lambda: stores.run(chosen.data),
        "unchanged": unchanged.run,
        "functions": lambda: functions.run(chosen.data, chosen.cache),
        "serverless": serverless.run,
        "spark": lambda: spark.run(chosen.data),
        "spark-storing": lambda: spark_storing.run(
            chosen.data, chosen.cache, chosen.size or spark_storing.SIZES
        ),
        "spark-clustering": lambda: spark_clustering.run(chosen.data, chosen.cache),
        "near-duplicates": lambda: near_duplicates.run(chosen.data),
        "many-near-duplicates": lambda: near_duplicates_many.run(chosen.data),
    }
    for name in chosen.only or NAMES:
        text = section(runs[name]())
        print(text, flush=True)
        if chosen.write:  # at once: the next one may take hours
            write([text])


if __name__ == "__main__":
    main()
