"""What was measured of the indexes, as tables and as a picture."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index_measure import Result
from benchmarks.measure import milliseconds, table

Outcome = Result | tuple[str, str]
"""A result, or a name and why there is none."""

_SEARCH = [
    "index",
    "setting",
    "recall@1",
    "@10",
    "@100",
    "compared",
    "p50 ms",
    "p99 ms",
    "queries/s, one a call",
    "all in one call",
    "times faster than NumPy",
    "than FAISS IVF",
]
_BUILDING = ["index", "build, processor s", "memory MB, building", "searching", "disk MB"]
_GREY = "#808890"
_COLOURS = ("#d9534f", "#8a8f98", "#b0883a", "#3a86d4", "#3fa34d", "#9a6fd0", "#2aa198", "#c2689e")
"""Each can be told from black and from white."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "index",
    "font.size": 9,
    "text.color": _GREY,
}


def search_table(outcomes: list[Outcome]) -> str:
    """How well and how fast each finds; ratios are of the p50 of single queries."""
    bases = [_p50(outcomes, name) for name in ("NumPy", "FAISS IVF")]
    return _table(_SEARCH, outcomes, lambda one: _searched(one, bases))


def building_table(outcomes: list[Outcome]) -> str:
    """What each costs before it can be asked, and to keep."""
    return _table(_BUILDING, outcomes, _built)


def _table(header: list[str], outcomes: list[Outcome], cells: Callable[[Result], list[str]]) -> str:
    rows = []
    for one in outcomes:
        if isinstance(one, Result):
            rows.append([one.name, *cells(one)])
        else:
            rows.append([*one, *[""] * (len(header) - 2)])
    return table(header, rows)


def _searched(one: Result, bases: list[float | None]) -> list[str]:
    p50, p99 = milliseconds(one.single)
    return [
        f"{one.setting} {one.effort}" if one.setting else "",
        *(f"{share:.3f}" for share in one.recalls.values()),
        _compared(one),
        f"{p50:.3f}",
        f"{p99:.3f}",
        f"{1 / np.mean(one.single):,.0f}",
        f"{1 / one.batch:,.0f}",
        *("" if base is None else _times(base / p50) for base in bases),
    ]


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def _compared(one: Result) -> str:
    share = f"{100 * one.compared / one.vectors:.2f} %"
    return f"{share} ({one.centroids:,.0f})" if one.centroids else share


def _built(one: Result) -> list[str]:
    own = f"{(one.memory - one.mapped) / 1e6:,.0f}"
    mapped = one.mapped / 1e6
    return [
        f"{one.building:,.0f}",
        f"{one.building_memory / 1e6:,.0f}",
        f"{own} + {mapped:,.0f} mapped" if mapped >= 1 else own,
        f"{one.disk / 1e6:,.0f}",
    ]


def _p50(outcomes: list[Outcome], name: str) -> float | None:
    for one in outcomes:
        if isinstance(one, Result) and one.name.startswith(name):
            return milliseconds(one.single)[0]
    return None


def draw(measured: dict[int, list[Result]], path: Path) -> None:
    """Time and comparisons by number of vectors, both logarithmic, on a clear background."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    with pyplot.rc_context(_STYLE):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        _lines(left, measured, lambda one: milliseconds(one.single)[0], "p50 of one query, ms")
        _lines(right, measured, lambda one: one.compared + one.centroids, "vectors compared")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        pyplot.close(figure)


def _lines(
    axes: Any, measured: dict[int, list[Result]], height: Callable[[Result], float], title: str
) -> None:
    names = dict.fromkeys(one.name for results in measured.values() for one in results)
    for name, colour in zip(names, cycle(_COLOURS), strict=False):
        points = [
            (count, height(one))
            for count, results in measured.items()
            for one in results
            if one.name == name
        ]
        axes.plot(
            *zip(*points, strict=True), "o-", color=colour, label=name.strip("*"), markersize=4
        )
    axes.set(xscale="log", yscale="log", xlabel="vectors")
    axes.set_title(title, fontsize=9)
    axes.minorticks_off()
    axes.grid(color=_GREY, alpha=0.25)
    axes.tick_params(which="both", color=_GREY, labelcolor=_GREY)
    axes.xaxis.label.set_color(_GREY)
    for spine in axes.spines.values():
        spine.set_color(_GREY)
