"""`wordsight plan`"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json
from wordsight.planning import rates
from wordsight.planning.demand import Demand, Machine, Prices

if TYPE_CHECKING:
    from wordsight.planning.plan import Plan


@click.command()
@click.option("--photos", type=float, required=True, help="Photos in the library; 1e9 is fine.")
@click.option("--qps", type=float, default=Demand.qps, show_default=True, help="Queries a second.")
@click.option("--new-per-day", type=float, default=0.0, show_default=True, help="New photos a day.")
@click.option(
    "--within-days",
    type=float,
    default=Demand.within_days,
    show_default=True,
    help="To describe the photos there are.",
)
@click.option("--photo-mb", type=float, default=0.0, help="MB a photo, if stored too.")
@click.option("--cores", type=float, default=Machine.cores, show_default=True, help="A machine's.")
@click.option(
    "--memory-gb", type=float, default=Machine.memory_gb, show_default=True, help="A machine's."
)
@click.option(
    "--described",
    type=float,
    default=Machine.described,
    show_default=True,
    help="Photos a second that a core describes.",
)
@click.option(
    "--bandwidth-gb",
    type=float,
    default=Machine.bandwidth_gb,
    show_default=True,
    help="GB of memory that a machine reads a second.",
)
@click.option(
    "--busy", type=float, default=Machine.busy, show_default=True, help="Share of the time at most."
)
@click.option("--core-hour", type=float, help="Price of a core for an hour, in any currency.")
@click.option("--gb-month", type=float, help="Price of a GB stored for a month.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, with sources.")
def plan(as_json: bool, **given: float | None) -> None:
    """Calculate machines, hours, storage and cost for a library of some size.

    Rates are those measured on 2 cores of an AMD EPYC (docs/benchmarks.md, docs/scale.md) and taken
    to grow with the cores; give your own where you have measured. Prices have no default.

    \b
    wordsight plan --photos 1e6
    wordsight plan --photos 1e9 --qps 1000 --new-per-day 1e6
    wordsight plan --photos 1e8 --qps 50 --core-hour 0.05 --gb-month 0.1 --json
    """
    from wordsight.planning.plan import plan as calculate

    demand = Demand(**_of(Demand, given))
    machine = Machine(**_of(Machine, given))
    prices = Prices(**_of(Prices, given))
    told = calculate(demand, machine, prices)
    if as_json:
        asked = {"demand": asdict(demand), "machine": asdict(machine), "prices": asdict(prices)}
        print_json({**asked, **asdict(told), "rates": _sources()})
        return
    for name, value in _rows(told, machine):
        click.echo(f"{name:<11} {value}")


def _of(kind: type[Demand | Machine | Prices], given: dict[str, float | None]) -> dict[str, float]:
    names = [field.name for field in fields(kind)]
    return {name: value for name in names if (value := given[name]) is not None}


def _sources() -> dict[str, dict[str, float | str]]:
    found = vars(rates).items()
    return {name.lower(): asdict(rate) for name, rate in found if isinstance(rate, rates.Rate)}


def _rows(told: Plan, machine: Machine) -> list[tuple[str, str]]:
    kind = f"of {machine.cores:g} cores and {machine.memory_gb:g} GB"
    work, index = told.describing, told.indexing
    serving, storage = told.serving, told.storage
    rows = [
        ("describing", f"{_machines(work.machines)} {kind} for {_figure(work.hours)} hours"),
        ("", f"{_figure(work.core_hours)} core hours"),
        ("indexing", f"{_count(index.parts, 'part')} of up to {index.largest_part:,} photos"),
        ("", f"{_figure(index.core_hours)} core hours; the largest {_figure(index.hours)}"),
        ("", f"{_figure(index.comparing_core_hours)} core hours to look for near-duplicates"),
        ("", f"{_figure(index.memory_gb)} GB of memory while the largest is built"),
        ("serving", f"{_machines(serving.machines)} {kind}"),
        ("", _split(told)),
        ("", f"{_figure(serving.query_ms)} ms a query, waiting apart"),
        ("storage", f"{_figure(storage.total_gb)} GB"),
        ("", _stored(told)),
    ]
    if storage.new_gb_a_day:
        core_hours = work.new_core_hours_a_day + index.new_core_hours_a_day
        rows += [
            (
                "new",
                f"{_figure(core_hours)} core hours a day, {_machines(work.new_machines)} {kind}",
            ),
            ("", f"{_figure(storage.new_gb_a_day)} GB more a day"),
        ]
    return [
        *rows,
        *_cost_rows(told),
        ("from", "docs/scale.md tells how; --json each rate's source"),
    ]


def _split(told: Plan) -> str:
    serving = told.serving
    bound = f"bound by {serving.bound_by}" if serving.copies > 1 else "one is enough"
    shown = f"{_count(serving.copies, 'copy', 'copies')} of each part, {bound}"
    if serving.request_machines:
        shown += f"; {serving.request_machines} to read sentences and ask all parts"
    return shown


def _stored(told: Plan) -> str:
    stored = told.storage
    shown = {
        "snapshot": stored.snapshot_gb,
        "its copies": stored.copies_gb,
        "catalog": stored.catalog_gb,
        "photos": stored.photos_gb,
    }
    return ", ".join(f"{name} {_figure(size)} GB" for name, size in shown.items() if size)


def _cost_rows(told: Plan) -> list[tuple[str, str]]:
    cost = told.cost
    named = {
        "once": cost.once,
        "serving a month": cost.serving_a_month,
        "new photos a month": cost.new_a_month,
        "storage a month": cost.storage_a_month,
    }
    priced = [f"{name} {value:,.2f}" for name, value in named.items() if value is not None]
    if not priced:
        return [("cost", "give --core-hour and --gb-month to see it")]
    return [("cost" if at == 0 else "", line) for at, line in enumerate(priced)]


def _machines(number: int) -> str:
    return _count(number, "machine")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _figure(value: float) -> str:
    """Three digits, as good as the rates are at best."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}" if value >= 0.001 or value == 0 else "under 0.001"
