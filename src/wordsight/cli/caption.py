"""`wordsight caption`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from wordsight.cli.output import print_json, shown_path


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--attention",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a PNG that shows where the model looked at each word (one photo only).",
)
@click.option(
    "--beams",
    type=click.IntRange(1, 7),
    default=3,
    show_default=True,
    help="Captions weighed against each other; 1 is greedy decoding.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the captions as JSON.")
def caption(photos: tuple[Path, ...], attention: Path | None, beams: int, as_json: bool) -> None:
    """Say what is in PHOTOS, without storing anything.

    \b
    wordsight caption beach.jpg
    wordsight caption beach.jpg --attention beach-attention.png
    """
    from wordsight.errors import PhotoError
    from wordsight.library import Library
    from wordsight.models.packaged import ModelSet

    if attention and len(photos) != 1:
        raise click.UsageError("--attention takes exactly one photo")
    rows: list[dict[str, Any]] = []
    with Library(models=ModelSet(beams=beams)) as library:
        for photo, said in zip(photos, library.describe(photos), strict=True):
            name = shown_path(photo.absolute().as_uri())
            if isinstance(said, PhotoError):
                rows.append({"file": name, "error": said.reason})
                click.echo(f"wordsight: {name}: {said.reason}", err=True)
                continue
            sure = library.models.certainty(said.confidence)
            told = {"caption": said.caption, "confidence": said.confidence, "certainty": sure}
            rows.append({"file": name, **told})
            if not as_json:
                click.echo(said.caption if len(photos) == 1 else f"{name}: {said.caption}")
            if attention:
                _draw(photo, said.caption, said.attention, attention)
    if as_json:
        print_json(rows)
    if any("error" in row for row in rows):
        sys.exit(1)


def _draw(photo: Path, text: str, maps: Any, target: Path) -> None:
    from wordsight.models.attention_picture import draw_attention
    from wordsight.photos.decode import thumbnail

    picture = draw_attention(thumbnail(photo.read_bytes(), 240), text.split(), maps)
    try:
        picture.save(target, "PNG")
    except OSError as error:
        raise click.ClickException(f"cannot write {target}: {error.strerror}") from error
