"""Requests answered by instances that come and go, simulated request by request.

Times of warm and cold answers are drawn from what was measured above (*Azure Functions*), limits
are those of the Flex Consumption plan with instances of 2 GB and one core. Nothing runs before the
first request of a line, and a request goes to the instance with the fewest in it. *Cold* is the
share of requests that waited for an instance to start; *refused* ones found 128 waiting already.
Servers have two cores, and are as many as the highest rate keeps busy for 70 %. Costs are of
compute alone, for 30 days, at prices that are parameters of `python -m benchmarks.serverless`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import table
from benchmarks.serverless.bill import Prices
from benchmarks.serverless.demand import steady
from benchmarks.serverless.limits import SOURCES, Limits
from benchmarks.serverless.study import Demand, Result, Way, demands, simulate, ways

_PICTURE = Path("docs/images/serverless.svg")
_HEADER = ["demand", "met by", "instances (most)", "p50 ms", "p99 ms", "cold", "refused", "$/month"]
_CONCURRENCIES = (1, 2, 4, 8, 16)
_INK: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "serverless", "font.size": 9}


def run(prices: Prices | None = None, scale: float = 1.0, picture: Path = _PICTURE) -> str:
    """The tables, in Markdown; draws the picture."""
    prices = prices or Prices()
    results = [simulate(demand, way) for demand in demands(scale) for way in ways(demand)]
    _draw(results, prices, picture)
    crowd = Demand("100/s", steady(100), 100, 120 * scale)
    crowded = [
        simulate(crowd, Way(f"{number}", replace(Limits(), concurrency=number)))
        for number in _CONCURRENCIES
    ]
    return "\n".join(
        [
            "## Requests in simulated time",
            "",
            (__doc__ or "").strip(),
            "",
            table(_HEADER, [_row(one, prices) for one in results]),
            "",
            f"![Costs by rate, and a surge second by second](images/{picture.name})",
            "",
            "How many requests an instance takes at a time, at 100 a second, on demand:",
            "",
            table(
                ["at a time", "instances (most)", "p50 ms", "p99 ms", "cold", "$/month"],
                [[told[1], *told[2:6], told[7]] for told in (_row(r, prices) for r in crowded)],
            ),
            "",
            "Limits: " + "; ".join(f"*{name}*: {said}" for name, said in SOURCES.items()) + ".",
            "",
            "Prices: " + " ".join((Prices.__doc__ or "").split()),
        ]
    )


def _row(one: Result, prices: Prices) -> list[str]:
    told = one.outcome
    p50, p99 = np.percentile(told.took, [50, 99]) * 1e3
    asked = len(told.took) + told.refused
    return [
        one.demand.name,
        one.way.name,
        f"{told.instances.mean():.1f} ({told.instances.max():.0f})",
        f"{p50:.0f}",
        f"{p99:,.0f}",
        f"{told.cold.mean():.2%}",
        f"{told.refused / asked:.1%}",
        f"{one.month(prices):,.0f}" if one.demand.lasting else "",
    ]


def _draw(results: list[Result], prices: Prices, picture: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    panels: list[Callable[..., None]] = [_costs, _surge]
    with mpl.rc_context(_INK):
        figure = Figure((9, 3.4), layout="constrained")
        for axes, draw in zip(figure.subplots(1, 2), panels, strict=True):
            draw(axes, results, prices)
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.3)
            axes.legend(frameon=False)
        figure.savefig(picture, format="svg", metadata={"Date": None})


def _costs(axes: Any, results: list[Result], prices: Prices) -> None:
    for name, of in _KINDS.items():
        rows = [r for r in results if of(r) and r.demand.name.endswith("/s")]
        axes.plot(
            [r.demand.highest for r in rows if r.demand.lasting],
            [max(1, r.month(prices)) for r in rows if r.demand.lasting],
            marker="o",
            label=name,
        )
    axes.set(
        xscale="log", yscale="log", xlabel="requests a second", ylabel="$ a month", title="Cost"
    )


def _surge(axes: Any, results: list[Result], _prices: Prices) -> None:
    for name, of in _KINDS.items():
        one = next(r for r in results if of(r) and r.demand.name == "10/s, then 1,000/s")
        second = one.outcome.came.astype(int)
        seconds = np.unique(second)
        worst = [np.percentile(one.outcome.took[second == s], 99) * 1e3 for s in seconds]
        axes.plot(seconds, worst, label=name)
    axes.set(
        yscale="log", xlabel="second", ylabel="p99, ms", title="10 a second, then 1,000 a second"
    )


_KINDS: dict[str, Callable[[Result], bool]] = {
    "on demand": lambda one: one.way.name == "on demand",
    "2 always ready": lambda one: one.way.name == "2 always ready",
    "servers for the peak": lambda one: one.way.servers,
}
