"""A report on retrieval as one HTML file, with the worst failures as photos."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from wordsight.evaluation.page import picture, table, write_document
from wordsight.evaluation.rank_figures import RANKS, Figure
from wordsight.evaluation.retrieval import Failure, RetrievalReport, Row
from wordsight.photos.collection import Collection
from wordsight.photos.renderings import shrunk

_SIDE = 240
_STYLE = """
.failure { display: grid; grid-template-columns: repeat(4, 15rem); gap: .75rem; overflow: auto;
  margin: 0 0 1.5rem; padding-bottom: 1.5rem; border-bottom: 1px solid #8884 }
.failure h3 { grid-column: 1 / -1; margin: 0; font-size: 1rem }
"""


def protocol(report: RetrievalReport) -> str:
    """What was measured, in a paragraph."""
    return (
        f"{report.collection}: a gallery of {report.gallery} photos, {report.captions} human "
        f"captions, models {report.models} in {report.precision}. Text to image: each caption is a "
        "query, found at k if its own photo is among the first k by exact search, ties against it. "
        "Image to text: each photo ranks all captions, found with the first of its own. nDCG@10: a "
        "photo is worth the mean cosine of the query's caption with the photo's other captions. "
        "Noun phrases and words are taken out of the captions by rule. Limits: 95 % of 1,000 "
        "collections drawn anew, photo by photo. Unseen: a word of four letters or more that "
        f"{report.unseen_of} lack."
    )


def write_page(report: RetrievalReport, collection: Collection, path: Path) -> None:
    """Write the report.

    Raises:
        OSError: it cannot be written.
    """
    shown = _photos(report, collection)
    parts = [
        "<h2>Text to image</h2>",
        *_tables(report.text_to_image),
        "<h2>Image to text</h2>",
        *_tables(report.image_to_text),
        f"<p>An index over this gallery finds {report.through_index:.1%} of the ten best by exact "
        "search.</p><h2>Found last</h2>",
        *(_failure(one, report, shown) for one in report.failures),
    ]
    write_document(path, f"Retrieval on {report.collection}", protocol(report), parts, _STYLE)


def _tables(rows: Sequence[Row]) -> list[str]:
    kinds = dict.fromkeys(row.queries for row in rows)
    return [_table(kind, [row for row in rows if row.queries == kind]) for kind in kinds]


def _table(kind: str, rows: Sequence[Row]) -> str:
    names = [*(f"R@{k}" for k in RANKS), "median rank", "MRR", "nDCG@10"]
    lines = []
    for row in rows:
        told = row.figures
        cells = [*(_share(told.recall[k]) for k in RANKS), f"{told.median_rank:.0f}"]
        cells += [_share(told.mrr), "" if told.ndcg is None else _share(told.ndcg)]
        lines.append([escape(row.signal), *cells])
    title = f"<h3>{escape(kind)}, {rows[0].figures.queries} queries</h3>"
    return title + table(["signal", *names], lines)


def _share(figure: Figure) -> str:
    low, high = 100 * figure.low, 100 * figure.high
    return f"{100 * figure.value:.1f} <small>{low:.1f} to {high:.1f}</small>"


def _failure(one: Failure, report: RetrievalReport, shown: dict[int, bytes]) -> str:
    photos = [_figure(one.photo, "its own", report, shown)]
    photos += [
        _figure(photo, f"found {place}.", report, shown) for place, photo in enumerate(one.first, 1)
    ]
    title = f"“{escape(one.caption)}” finds its photo as number {one.rank}"
    return f"<div class=failure><h3>{title}</h3>{''.join(photos)}</div>"


def _figure(photo: int, what: str, report: RetrievalReport, shown: dict[int, bytes]) -> str:
    said = report.said[photo]
    return picture(shown[photo], said, f"{what} The model says: {escape(said)}")


def _photos(report: RetrievalReport, collection: Collection) -> dict[int, bytes]:
    """The photos that are shown, as small JPEGs."""
    wanted = {photo for one in report.failures for photo in (one.photo, *one.first)}
    read = enumerate(collection.read())
    return {place: shrunk(data, _SIDE) for place, data in read if place in wanted}
