"""`wordsight correct` and `wordsight review`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json, shown_path
from wordsight.errors import LibraryError

if TYPE_CHECKING:
    from wordsight.library import Library


@click.command()
@click.argument("photo")
@click.argument("caption", nargs=-1)
@click.option("--undo", is_flag=True, help="Show the model's caption again.")
@click.option("--json", "as_json", is_flag=True, help="Print the photo as JSON.")
@click.pass_obj
def correct(
    library: Path | None, photo: str, caption: tuple[str, ...], undo: bool, as_json: bool
) -> None:
    """Say what PHOTO shows, in place of the model. PHOTO is a path, a store's URI, or an id.

    The caption is found by at once, and stays with the photo's content: when it is moved, copied,
    indexed again, or described by other models.

    \b
    wordsight correct ~/Pictures/china.jpg a temple in Beijing
    wordsight correct ~/Pictures/china.jpg --undo
    """
    if bool(caption) == undo:
        raise click.UsageError("give a caption, or --undo")
    from wordsight.library import Library

    with Library(library) as opened:
        photo_id = _id_of(opened, photo)
        detail = opened.correct(photo_id, None if undo else " ".join(caption))
        certainty = opened.certainty(detail) if detail else None
    if detail is None:
        raise LibraryError(f"{photo} is not described in this library; see `wordsight status`")
    if as_json:
        print_json(asdict(detail) | {"certainty": certainty})
    else:
        click.echo(f"{detail.caption}\t{shown_path(detail.uris[0])}")


def _id_of(library: Library, photo: str) -> int:
    if photo.isdigit() and not Path(photo).exists():
        return int(photo)
    detail = library.photo_at(photo)
    return 0 if detail is None else detail.id


@click.command()
@click.option("--limit", "-n", default=20, show_default=True, help="The most photos.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def review(library: Path | None, limit: int, as_json: bool) -> None:
    """List the captions that the model is least certain of, those first.

    Each with its certainty, id and place. That is the probability that it names nothing but what
    people would name; it comes from its confidence, the mean logarithm of its words'
    probabilities, which is shown where the models were not measured so. What a person has
    corrected is not listed any more.

    \b
    wordsight review -n 5
    """
    from wordsight.library import Library

    with Library(library) as opened:
        rows = [(photo, opened.certainty(photo)) for photo in opened.review(limit)]
    if as_json:
        print_json([asdict(photo) | {"certainty": certainty} for photo, certainty in rows])
        return
    for photo, certainty in rows:
        told = f"{photo.confidence:.2f}" if certainty is None else f"{certainty:.0%}"
        click.echo(f"{told}\t{photo.id}\t{photo.caption}\t{shown_path(photo.uris[0])}")
