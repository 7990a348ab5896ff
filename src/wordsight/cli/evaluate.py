"""`wordsight evaluate`"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json
from wordsight.cli.progress import counting

if TYPE_CHECKING:
    from wordsight.evaluation.captions import CaptionScores
    from wordsight.evaluation.retrieval import RetrievalReport, Row
    from wordsight.models.packaged import ModelSet

_OFTEN = 5

_weights = click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of other models, as `wordsight train` makes them.  [default: the packaged ones]",
)


def _models(weights: Path | None, beams: int) -> ModelSet:
    from wordsight.models.packaged import WEIGHTS, ModelSet

    return ModelSet(weights or WEIGHTS, beams=beams)


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
@click.option(
    "--training",
    type=click.Path(path_type=Path),
    help="Captions that the models learnt from: words they lack are counted as unseen.  "
    "[default: the captioner's vocabulary]",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write an HTML page as well, with what is found last.",
)
@_weights
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def retrieval(
    collection: Path,
    beams: int,
    training: Path | None,
    report: Path | None,
    weights: Path | None,
    as_json: bool,
) -> None:
    """Search by human captions for their photos, and by photos for their captions.

    COLLECTION is a tar of photos beside a JSON list of {"file", "captions"}, named with or
    without its ending; or in COCO's form.

    \b
    wordsight evaluate retrieval data/flickr8k-dev
    wordsight evaluate retrieval data/flickr8k-dev --report found.html
    """
    from wordsight.evaluation.retrieval import evaluate_retrieval
    from wordsight.evaluation.retrieval_page import write_page
    from wordsight.photos.collection import Collection

    opened = Collection(collection)
    known = None if training is None else _frequent_words(Collection(training).captions)
    with counting("Describing", len(opened)) as tick:
        told = evaluate_retrieval(opened, _models(weights, beams), tick, known)
    if report is not None:
        write_page(told, opened, report)
    if as_json:
        print_json(asdict(told))
    else:
        _print(told)


def _frequent_words(captions: list[str]) -> frozenset[str]:
    """Words that stand in captions five times at least."""
    from wordsight.models.vocabulary import words_of

    counts = Counter(word for caption in captions for word in words_of(caption))
    return frozenset(word for word, count in counts.items() if count >= _OFTEN)


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
@_weights
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def captions(collection: Path, beams: tuple[int, ...], weights: Path | None, as_json: bool) -> None:
    """Compare captions with those of people: BLEU, METEOR, ROUGE-L, CIDEr-D (needs [eval]).

    COLLECTION is a tar of photos beside a JSON list of {"file", "captions"}, named with or
    without its ending.

    \b
    wordsight evaluate captions data/flickr8k-dev
    wordsight evaluate captions data/flickr8k-dev --beams 5 --json
    """
    from wordsight.evaluation.captions import evaluate_captions
    from wordsight.photos.collection import Collection

    opened = Collection(collection)
    reports = []
    for count in beams:
        with counting("Describing", len(opened)) as tick:
            reports.append(evaluate_captions(opened, _models(weights, count), tick))
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
    click.echo("")
    for report in reports:
        click.echo(_certainty(report))
    _print_gendered(first)


def _certainty(report: CaptionScores) -> str:
    told = f"{report.beams} beams: {report.right:.1%} of the captions name only what people name"
    if report.calibration is None:
        return f"{told}; not calibrated"
    return (
        f"{told}, foretold {report.calibration.certainty:.1%}, expected calibration error "
        f"{report.calibration.error:.3f}"
    )


def _print_gendered(report: CaptionScores) -> None:
    click.echo(f"\n{'people name':<12}{'photos':>8}{f'captions ({report.beams} beams) name':>30}")
    for named, told in report.gendered.items():
        shares = ", ".join(f"{kind} {share:.0%}" for kind, share in told.named.items() if share)
        click.echo(f"{named:<12}{told.photos:8}  {shares}")


@evaluate.command()
@click.argument("collection", type=click.Path(path_type=Path))
@click.option(
    "--training",
    type=click.Path(path_type=Path),
    required=True,
    help="The collection that the models learnt from: how often it shows a thing is counted in "
    "its captions.",
)
@click.option(
    "--beams",
    type=click.IntRange(1, 7),
    default=3,
    show_default=True,
    help="Beams of the captioner; 1 is greedy decoding.",
)
@_weights
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page to write.  [default: analysis.html, or none with --json]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def analysis(
    collection: Path,
    training: Path,
    beams: int,
    weights: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Look into captions, as a page with plots and photos (needs [eval]): objects that training
    lacks, whether a photo always has the same caption, long captions, and where the model looks.

    COLLECTION is a tar of photos beside a JSON list of {"file", "captions"}, named with or
    without its ending.

    \b
    wordsight evaluate analysis data/flickr8k-dev --training data/flickr8k-train
    wordsight evaluate analysis data/coco-dev --training data/flickr8k-train --json
    """
    from wordsight.evaluation.analysis import analyse, described_in_all
    from wordsight.evaluation.analysis_page import write_analysis
    from wordsight.photos.collection import Collection

    page = report or (None if as_json else Path("analysis.html"))
    if page is not None and not page.parent.is_dir():
        raise click.ClickException(f"cannot write {page}: there is no folder {page.parent}")
    opened = Collection(collection)
    with counting("Describing", described_in_all(len(opened))) as tick:
        told = analyse(opened, Collection(training), _models(weights, beams), tick)
    if page is not None:
        write_analysis(told, opened, page)
    if as_json:
        print_json(asdict(told))
    else:
        click.echo(f"written to {page}")


def _print(report: RetrievalReport) -> None:
    from wordsight.evaluation.retrieval_page import protocol

    click.echo(f"{protocol(report)}\n")
    for title, rows in {
        "text to image": report.text_to_image,
        "image to text": report.image_to_text,
    }.items():
        for kind in dict.fromkeys(row.queries for row in rows):
            chosen = [row for row in rows if row.queries == kind]
            _print_table(f"{title}, {kind} ({chosen[0].figures.queries})", chosen)
    click.echo(f"an index finds {report.through_index:.1%} of the ten best by exact search")


def _print_table(title: str, rows: Sequence[Row]) -> None:
    names = f"{'R@1':>6} {'R@5':>6} {'R@10':>6} {'median':>7} {'MRR':>6} {'nDCG':>6}"
    click.echo(f"{title:<48} {names}")
    for row in rows:
        told = row.figures
        shares = " ".join(f"{100 * figure.value:6.1f}" for figure in told.recall.values())
        graded = "" if told.ndcg is None else f"{100 * told.ndcg.value:6.1f}"
        mrr = f"{100 * told.mrr.value:6.1f}"
        click.echo(f"  {row.signal:<46} {shares} {told.median_rank:7.0f} {mrr} {graded}")
    click.echo("")
