"""`python -m benchmarks.serverless`: the study with prices of your own."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from benchmarks.serverless.bill import Prices
from benchmarks.serverless.report import run


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serverless", description=Prices.__doc__
    )
    for one in fields(Prices):
        option = "--" + one.name.replace("_", "-")
        parser.add_argument(option, type=float, default=one.default, help="[%(default)s]")
    parser.add_argument("--scale", type=float, default=1.0, help="of the simulated time")
    parser.add_argument("--picture", type=Path, default=Path("build/serverless.svg"))
    chosen = vars(parser.parse_args())
    scale, picture = chosen.pop("scale"), chosen.pop("picture")
    picture.parent.mkdir(parents=True, exist_ok=True)
    print(run(Prices(**chosen), scale, picture))


if __name__ == "__main__":
    main()
