"""`wordsight evaluate`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json
from wordsight.cli.progress import counting

if TYPE_CHECKING:
    from wordsight.evaluation.captions import CaptionScores
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


@evaluate.command()
@click.argument("collection", type=click.Path(path_type=Path))
@click.option(
    "--beams",
    type=click.IntRange(1, 7),
    multiple=True,
    default=(3, 1),
    show_default=True,
    help="Beams of the captioner, may be repeated; 1 is greedy decoding.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def captions(collection: Path, beams: tuple[int, ...], as_json: bool) -> None:
    """Compare captions with those of people: BLEU, METEOR, ROUGE-L, CIDEr-D (needs [eval]).

    COLLECTION is a tar of photos beside a JSON list of {"file", "captions"}, named with or
    without its ending.

    \b
    wordsight evaluate captions data/flickr8k-dev
    wordsight evaluate captions data/flickr8k-dev --beams 5 --json
    """
    from wordsight.evaluation.captions import evaluate_captions
    from wordsight.models.packaged import ModelSet
    from wordsight.photos.collection import Collection

    opened = Collection(collection)
    reports = []
    for count in beams:
        with counting("Describing", len(opened)) as tick:
            reports.append(evaluate_captions(opened, ModelSet(beams=count), tick))
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        _print_captions(reports)


def _print_captions(reports: list[CaptionScores]) -> None:
    first = reports[0]
    click.echo(
        f"{first.collection}: {first.photos} photos, {first.references} human captions, models "
        f"{first.models}, {first.precision}; pycocoevalcap, PTB tokens, no teacher forcing\n"
    )
    names = list(first.scores)
    click.echo(f"{'beams':<8}" + "".join(f"{name:>9}" for name in names) + f"{'words':>8}")
    for report in reports:
        shares = "".join(f"{100 * report.scores[name]:9.1f}" for name in names)
        click.echo(f"{report.beams:<8}{shares}{report.words:8.1f}")


def _print(report: RetrievalReport) -> None:
    click.echo(
        f"{report.collection}: text to image, {report.queries} human captions as queries, "
        f"a gallery of {report.gallery} photos, exact search, models {report.models}\n"
    )
    click.echo(f"{'signal':<34} {'R@1':>6} {'R@5':>6} {'R@10':>6}  median rank")
    for row in report.signals:
        shares = " ".join(f"{100 * value:6.1f}" for value in row.recall.values())
        click.echo(f"{row.signal:<34} {shares}  {row.median_rank:.0f}")
