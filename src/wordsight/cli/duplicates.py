"""`wordsight duplicates`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wordsight.cli.output import print_json, shown_path


@click.command()
@click.option("--limit", "-n", default=100, show_default=True, help="The most series.")
@click.option(
    "--after", default=-1, help="Only series with higher numbers, as to go on where a list ended."
)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def duplicates(library: Path | None, limit: int, after: int, as_json: bool) -> None:
    """List photos that are nearly the same: series, crops, and copies that were encoded again.

    Each series has a number, and a line for each place where one of its photos lies. Identical
    files are one photo in several places, and begin with `=`. Nothing is deleted.

    \b
    wordsight duplicates
    wordsight duplicates -n 10 --json
    """
    from wordsight.library import Library

    with Library(library) as opened:
        series = opened.duplicates().series(limit, after)
    if as_json:
        rows = [
            {"series": number, "photos": [asdict(photo) for photo in photos]}
            for number, photos in series.items()
        ]
        print_json(rows)
        return
    for number, photos in series.items():
        click.echo(f"series {number}: {len(photos)} photos, {photos[0].caption}")
        for photo in photos:
            for i, uri in enumerate(photo.uris):
                size = f"{photo.width} x {photo.height}"
                click.echo(f"  {'=' if i else ' '} {size}\t{shown_path(uri)}")
    if not series:
        click.echo("no photos are nearly the same", err=True)
