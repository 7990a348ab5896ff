"""`wordsight encoder`"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from wordsight.cli.output import print_json

PACKAGED = "packaged"


@click.command()
@click.argument("place", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def encoder(library: Path | None, place: str | None, as_json: bool) -> None:
    """Show the encoder of sentences that photos are found by, or use the one at PLACE.

    PLACE is a folder with a sentence-transformers model or a CLIP pair in ONNX files, the name of
    one on the Hugging Face Hub, or `packaged`. Captions stay as they are; searches go on by the old
    encoder until all photos are ready. Stopped, the same command goes on.

    \b
    wordsight encoder
    wordsight encoder ~/models/all-mpnet-base-v2
    wordsight encoder packaged
    """
    from wordsight.cli.progress import StageBars
    from wordsight.library import Library

    with Library(library) as opened:
        if place is None:
            record = opened.models.records["encoder"]
            told = {"encoder": record.name, "origin": record.origin, "revision": record.revision}
            _print(told, f"{record.name} ({record.revision}), {record.origin}", as_json)
            return
        bars = StageBars(shown=sys.stderr.isatty())
        with bars:
            wanted = None if place == PACKAGED else place
            photos, unread = opened.use_encoder(wanted, bars.watch)
        name = opened.models.records["encoder"].name
    line = f"{photos} photos are found by {name} now"
    if unread:
        line += f"; {unread} could not be read for it: `wordsight index` tries them again"
    _print({"encoder": name, "photos": photos, "unread": unread}, line, as_json)


def _print(told: Mapping[str, object], line: str, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo(line)
