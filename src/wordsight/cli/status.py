"""`wordsight status`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import megabytes, print_json, shown_path

if TYPE_CHECKING:
    from wordsight.index.snapshot import Manifest
    from wordsight.library_status import Status

_FAILURES_SHOWN = 20


@click.command()
@click.option("--failures", "all_failures", is_flag=True, help="List every photo that failed.")
@click.option("--verify", is_flag=True, help="Check catalog, snapshot and models, in full.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_obj
def status(library: Path | None, all_failures: bool, verify: bool, as_json: bool) -> None:
    """Show what the library holds, and what failed and why.

    \b
    wordsight status
    wordsight status --failures
    wordsight status --verify
    """
    from wordsight.library import Library

    with Library(library) as opened:
        told = opened.status()
        problems = opened.problems() if verify else []
    if as_json:
        print_json({**asdict(told), "problems": problems})
    else:
        for name, value in _rows(told):
            click.echo(f"{name:<11} {value}")
        if verify:
            for problem in problems or ["none"]:
                click.echo(f"{'problems':<11} {problem}")
        _print_failures(told, all_failures)
    if problems:
        raise click.exceptions.Exit(1)


def _rows(told: Status) -> list[tuple[str, str]]:
    counts = told.counts
    rows = [("library", str(told.folder)), ("catalog", told.catalog)]
    rows += [("folder", shown_path(uri)) for uri in told.sources]
    rows += [
        ("photos", f"{counts['photos']} described, in {counts['described']} files"),
        ("waiting", f"{counts['waiting']} files"),
        ("failed", f"{counts['failed']} files"),
    ]
    if told.outdated:
        rows.append(("outdated", f"{told.outdated} photos; run `wordsight index`"))
    rows += [(model.kind, f"{model.name} ({model.revision})") for model in told.models]
    if told.cells:
        rows.append(("clusters", f"{len(told.cells)}, the largest of {told.cells[0].size} photos"))
    rows.append(("snapshot", _snapshot(told.snapshot_name, told.snapshot)))
    if told.changed:
        rows.append(("changed", f"{told.changed} photos since, searched beside it"))
    rows.append(("on disk", ", ".join(f"{n} {megabytes(b)}" for n, b in told.sizes.items())))
    return rows


def _snapshot(name: str | None, manifest: Manifest | None) -> str:
    if manifest is None:
        return "none yet"
    told = f"{name}, {manifest.photos} photos, "
    curve = manifest.curve
    if curve is None:
        return told + "searched exactly"
    return told + (
        f"{manifest.cells} cells: recall@10 {curve.chosen.recall:.3f} comparing "
        f"{curve.chosen.compared:.1%} (one probe: {curve.points[0].recall:.3f})"
    )


def _print_failures(told: Status, all_failures: bool) -> None:
    shown = told.failures if all_failures else told.failures[:_FAILURES_SHOWN]
    for failure in shown:
        click.echo(f"  {shown_path(failure.uri)}: {failure.reason}")
    if len(shown) < len(told.failures):
        more = len(told.failures) - len(shown)
        click.echo(f"  and {more} more (`wordsight status --failures` lists all)")
