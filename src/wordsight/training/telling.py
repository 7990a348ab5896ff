"""How a training tells of itself: lines, bars, a table and its curves."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

Row = dict[str, float]
Tick = Callable[[int], None]
Counting = Callable[[str, int], AbstractContextManager[Tick]]
"""A bar: what is counted and how much of it there is, to the function that is told of progress."""


@contextmanager
def uncounted(what: str, total: int) -> Iterator[Tick]:  # noqa: ARG001, as a Counting takes them
    """No bar."""
    yield lambda _: None


@dataclass(frozen=True)
class Teller:
    """`report` is told a line at a time; `counting` shows a bar."""

    report: Callable[[str], None]
    counting: Counting = uncounted


def write_table(path: Path, rows: list[Row]) -> None:
    """One row an epoch, as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def draw_curves(path: Path, rows: list[Row]) -> None:
    """A plot for each figure over the epochs, side by side, as SVG."""
    from matplotlib.figure import Figure

    names = list(rows[0])[1:]
    figure = Figure((3.2 * len(names), 3.0), layout="constrained")
    for place, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), place + 1, title=name, xlabel="epoch")
        axes.plot([row["epoch"] for row in rows], [row[name] for row in rows], marker=".")
        axes.grid(alpha=0.3)
    figure.savefig(path, format="svg", metadata={"Date": None})
