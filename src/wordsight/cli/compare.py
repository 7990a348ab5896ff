"""`wordsight cluster compare`"""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json
from wordsight.cli.progress import counting
from wordsight.errors import LibraryError, WordsightError

if TYPE_CHECKING:
    from wordsight.evaluation.clusterings import Comparison
    from wordsight.library import Library

_WIDTH = 100


@click.command()
@click.option(
    "--photos",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    help="The most photos to cluster; of a larger library, a sample.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 2),
    default=0,
    show_default=True,
    help="Of the sample and of all that is random.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all numbers as JSON.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write a page with plots into.",
)
@click.pass_obj
def compare(
    library: Path | None, photos: int, seed: int, as_json: bool, report: Path | None
) -> None:
    """Compare ways to cluster the photos (needs the extra [eval]).

    K-means in several variants, Gaussian mixtures, HDBSCAN and DBSCAN cluster the same photos.
    Each is measured by what it finds, what it costs, and how much a search has to compare in
    its cells to find what exact search finds. Nothing is changed. It takes about ten minutes
    for 20,000 photos.

    \b
    wordsight cluster compare
    wordsight cluster compare --photos 5000 --report comparison
    """
    from wordsight.library import Library

    _require("scikit-learn", "sklearn")
    if report:
        _require("matplotlib", "matplotlib")
        _make(report)
    with Library(library) as opened:
        told = _compare(opened, photos, seed)
    if as_json:
        print_json(asdict(told))
    else:
        _print(told)
    if report:
        _write(told, report, quiet=as_json)


def _require(name: str, module: str) -> None:
    if find_spec(module) is None:
        raise WordsightError(f'this needs {name}; install it with `pip install "wordsight[eval]"`')


def _make(report: Path) -> None:
    """Before minutes of work, not after."""
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"cannot write {report}: {error.strerror}") from error


def _compare(library: Library, photos: int, seed: int) -> Comparison:
    from wordsight.evaluation.clusterings import (
        LEAST_PHOTOS,
        STEPS,
        compare_clusterings,
        sample_rows,
    )
    from wordsight.index.build import probe_queries

    fused = library.clusterings().snapshot().fused
    if min(photos, len(fused)) < LEAST_PHOTOS:
        raise LibraryError(
            f"a comparison needs at least {LEAST_PHOTOS} photos; "
            f"{min(photos, len(fused))} would be compared"
        )
    with counting("Comparing", STEPS) as tick:
        vectors = fused[sample_rows(len(fused), photos, seed)].astype("float32")
        sentences = library.models.encode_queries(probe_queries())
        return compare_clusterings(vectors, sentences, len(fused), seed, lambda _: tick(1))


def _print(told: Comparison) -> None:
    from wordsight.evaluation.cluster_tables import conclusion, heading, tables

    click.echo(click.wrap_text(heading(told), _WIDTH) + "\n")
    for table in tables(told):
        click.echo(table.plain())
    click.echo("Choice\n")
    for line in conclusion(told):
        click.echo(click.wrap_text(line, _WIDTH))


def _write(told: Comparison, report: Path, quiet: bool) -> None:
    from wordsight.evaluation.cluster_report import write_report

    try:
        page = write_report(told, report)
    except OSError as error:
        raise click.ClickException(f"cannot write {report}: {error.strerror}") from error
    if not quiet:
        click.echo(f"\nwritten: {page}")
