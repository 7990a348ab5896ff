"""`wordsight evaluate`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json
from wordsight.cli.progress import counting

if TYPE_CHECKING:
    from wordsight.evaluation.retrieval import RetrievalReport


@click.group()
def evaluate() -> None:
    """Measure how good the models are, on a captioned collection."""


@evaluate.command()
@click.argument("collection", type=click.Path(path_type=Path))
@click.option(
    "--beams",
    type=click.IntRange(1, 7),
    default=3,
    show_default=True,
    help="Beams of the captioner; 1 is greedy decoding.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def retrieval(collection: Path, beams: int, as_json: bool) -> None:
    """Search by human captions for their photos.

    COLLECTION is a tar of photos beside a JSON list of {"file", "captions"}, named with or
    without its ending.

    \b
    wordsight evaluate retrieval data/flickr8k-dev
    """
    from wordsight.evaluation.retrieval import evaluate_retrieval
    from wordsight.models.packaged import ModelSet
    from wordsight.photos.collection import Collection

    opened = Collection(collection)
    with counting("Describing", len(opened)) as tick:
        report = evaluate_retrieval(opened, ModelSet(beams=beams), tick)
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)


def _print(report: RetrievalReport) -> None:
    click.echo(
        f"{report.collection}: text to image, {report.queries} human captions as queries, "
        f"a gallery of {report.gallery} photos, exact search, models {report.models}\n"
    )
    click.echo(f"{'signal':<34} {'R@1':>6} {'R@5':>6} {'R@10':>6}  median rank")
    for row in report.signals:
        shares = " ".join(f"{100 * value:6.1f}" for value in row.recall.values())
        click.echo(f"{row.signal:<34} {shares}  {row.median_rank:.0f}")
