"""An analysis as one HTML file, with plots and photos."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from wordsight.evaluation.analysis import Analysis
from wordsight.evaluation.grounding import Looks
from wordsight.evaluation.new_objects import Example
from wordsight.evaluation.page import picture, table, write_document
from wordsight.evaluation.svg_plots import bar_chart
from wordsight.models.attention_picture import light
from wordsight.photos.collection import Collection
from wordsight.photos.renderings import shrunk

_SIDE = 240
_BY_LENGTH = ("CIDEr-D", "METEOR", "ROUGE-L")
"""Scores that mean something of a single photo; BLEU is meant for many."""
_STYLE = """
.photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem;
  margin: 1rem 0 2rem }
small.long { display: block; min-width: 16rem; text-align: left }
td:first-child { min-width: 7rem }
.photos.large { grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)) }
"""


def protocol(told: Analysis) -> str:
    """What was measured, in a paragraph."""
    return (
        f"{told.photos} photos of {told.collection}, captioned by {told.models} in "
        f"{told.precision} with {told.beams} beams; learnt from captions of {told.training}. Nouns "
        "are found by rule: words that stand alone between an article or a number and what ends a "
        "phrase."
    )


def write_analysis(told: Analysis, collection: Collection, path: Path) -> None:
    """Write the report.

    Raises:
        OSError: it cannot be written.
    """
    shown = _photos(told, collection)
    parts = [
        *_new_objects(told, shown),
        *_sameness(told),
        *_long_range(told),
        *_grounding(told, shown),
    ]
    write_document(path, f"The captioner on {told.collection}", protocol(told), parts, _STYLE)


def _new_objects(told: Analysis, shown: dict[int, bytes]) -> Iterator[str]:
    rows = told.new_objects.rows
    names = list(rows[0].found) if rows else []
    yield "<h2>New objects</h2>"
    yield (
        "<p>Nouns that two people at least used for a photo, by the number of training photos "
        "that show such a thing: the share that the photo's caption names, and of people's "
        "sentences with the noun those that find their photo within ten.</p>"
    )
    if rows:
        groups = [row.training_photos for row in rows]
        series = {
            "named": [row.named for row in rows],
            "found by caption": [row.found["caption"] for row in rows],
            "found, fused": [row.found["fused"] for row in rows],
        }
        yield bar_chart("training photos that show the object", groups, series, 1.0)
    yield table(
        ["training photos", "objects", "named", "sentences", *(f"R@10, {name}" for name in names)],
        [
            [
                row.training_photos,
                f"{row.objects}",
                _percent(row.named),
                f"{row.queries}",
                *(_percent(row.found[name]) for name in names),
            ]
            for row in rows
        ],
    )
    figures = [
        picture(shown[one.photo], one.said, _of_example(one)) for one in told.new_objects.examples
    ]
    yield f"<h3>The rarest</h3><div class='photos large'>{''.join(figures)}</div>"


def _of_example(one: Example) -> str:
    return (
        f"<b>{escape(one.thing)}</b>, in {one.training_photos} training photos. The model says: "
        f"{escape(one.said)}. “{escape(one.sentence)}” finds it as number {one.rank}."
    )


def _sameness(told: Analysis) -> Iterator[str]:
    yield "<h2>Sameness</h2>"
    yield (
        "<p>The same photos described in other ways, beside batches of 32: captions that are the "
        "same to the letter, and the largest difference of a confidence and of a number in a "
        "vector. Another arithmetic may give other captions. Spark is compared by a test.</p>"
    )
    yield table(
        ["described", "photos", "same caption", "confidence", "vectors"],
        [
            (
                escape(one.way) + ("" if one.promised else " <small>not promised</small>"),
                f"{one.photos}",
                f"{one.same}",
                f"{one.confidence:.1g}",
                f"{one.vector:.1g}",
            )
            for one in told.sameness
        ],
    )


def _long_range(told: Analysis) -> Iterator[str]:
    lengths, errors = told.long_range.lengths, told.long_range.errors
    yield "<h2>Long range</h2>"
    yield "<p>Mean scores of single photos, by the words of the model's caption.</p>"
    groups = [row.words for row in lengths]
    series = {name: [row.scores[name] for row in lengths] for name in _BY_LENGTH}
    most = max(1.0, *(value for values in series.values() for value in values))
    yield bar_chart("words of the caption", groups, series, most)
    yield table(
        ["words", "photos", *_BY_LENGTH, "confidence"],
        [
            [
                row.words,
                f"{row.photos}",
                *(_percent(row.scores[name]) for name in _BY_LENGTH),
                f"{row.confidence:.2f}",
            ]
            for row in lengths
        ],
    )
    yield (
        "<p>Errors, found by rule. What the rule finds in people's captions is either theirs or "
        "its own.</p>"
    )
    yield table(
        ["error", "captions", "people's", "for example"],
        [
            [
                escape(row.error),
                _percent(row.captions),
                _percent(row.people),
                f"<small class=long>{escape('; '.join(row.examples))}</small>",
            ]
            for row in errors
        ],
    )


def _grounding(told: Analysis, shown: dict[int, bytes]) -> Iterator[str]:
    one = told.grounding
    yield "<h2>Grounding</h2>"
    yield "<p>Nouns of captions, and where attention lay when they were said; a grid of 7 x 7.</p>"
    rows = [
        ("nouns", f"{one.nouns}"),
        ("cells over which attention is spread (exponential of its entropy)", f"{one.cells:.1f}"),
        ("pairs of nouns in a caption", f"{one.pairs}"),
        ("… with their strongest cells in different places", _percent(one.elsewhere)),
        ("… cells between their centres", f"{one.apart:.2f}"),
        ("nouns said of the mirrored photo too", f"{one.mirrored}"),
        (
            "… correlation of their centres with the mirrored ones (-1: in the same place)",
            f"{one.follows:.2f}",
        ),
        ("nouns tried with a fifth of the photo hidden", f"{one.hidden}"),
        ("… lost when what was looked at is hidden", _percent(one.lost_looked)),
        ("… lost when as much of the rest is hidden", _percent(one.lost_other)),
    ]
    yield table(["", ""], rows)
    for looks in one.examples:
        yield f"<h3>{escape(looks.caption)}</h3><div class=photos>{_lit(looks, shown)}</div>"


def _lit(looks: Looks, shown: dict[int, bytes]) -> str:
    jpeg = shown[looks.photo]
    with Image.open(io.BytesIO(jpeg)) as opened:
        base = opened.convert("RGB")
    figures = [picture(jpeg, looks.caption, "")]
    for word, look in looks.words:
        told = io.BytesIO()
        light(base, np.array(look, np.float32)).save(told, "JPEG", quality=85)
        figures.append(picture(told.getvalue(), f"where it looked at {word}", escape(word)))
    return "".join(figures)


def _photos(told: Analysis, collection: Collection) -> dict[int, bytes]:
    """The photos that are shown, as small JPEGs."""
    wanted = {one.photo for one in told.new_objects.examples}
    wanted |= {one.photo for one in told.grounding.examples}
    read = enumerate(collection.read())
    return {place: shrunk(data, _SIDE) for place, data in read if place in wanted}


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
