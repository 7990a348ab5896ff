"""`wordsight search`"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import is_terminal, print_json, shown_path
from wordsight.cli.threads import one_thread_a_product

if TYPE_CHECKING:
    from wordsight.library import SearchIn
    from wordsight.search.results import Hit, Signal


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", "-n", default=10, show_default=True, help="The most results.")
@click.option(
    "--by",
    "signal",
    type=click.Choice(["fused", "caption", "picture"]),
    default="fused",
    show_default=True,
    help="Compare with the captions, the pictures, or both.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the results as JSON, each with a `url` that opens the photo.",
)
@click.option("--paths-only", "-p", is_flag=True, help="Print nothing but paths, one a line.")
@click.option(
    "--null", "-0", is_flag=True, help="With --paths-only: end paths with NUL, for xargs -0."
)
@click.option(
    "--search-in",
    type=click.Choice(["snapshot", "database"]),
    help="The snapshot in the library's folder, or PostgreSQL itself.  [default: a snapshot if "
    "there is one]",
)
@click.pass_obj
def search(
    library: Path | None,
    query: tuple[str, ...],
    limit: int,
    signal: Signal,
    as_json: bool,
    paths_only: bool,
    null: bool,
    search_in: SearchIn | None,
) -> None:
    """Find the photos that QUERY describes, the best first.

    \b
    wordsight search "two dogs in snow"
    wordsight search -n 3 --json a red car
    wordsight search -p -0 beach | xargs -0 cp -t beach/
    """
    one_thread_a_product()
    from wordsight.library import Library

    with Library(library, search_in=search_in) as opened:
        hits = opened.search(" ".join(query), limit, signal)
        if as_json:
            print_json([{**asdict(hit), "url": opened.url(hit)} for hit in hits])
            return
    if paths_only:
        _print_paths(hits, "\0" if null else "\n")
    elif is_terminal():
        _print_table(hits)
    else:
        for hit in hits:
            click.echo(f"{hit.score:.3f}\t{hit.caption}\t{shown_path(hit.uris[0])}")


def _print_paths(hits: list[Hit], end: str) -> None:
    from wordsight.photos.folder import path_of
    from wordsight.photos.places import in_store

    for hit in hits:
        uri = hit.uris[0]
        place = uri.encode() if in_store(uri) else os.fsencode(path_of(uri))
        sys.stdout.buffer.write(place + end.encode())


def _print_table(hits: list[Hit]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold")
    table.add_column("score", justify="right")
    table.add_column("caption", ratio=2)
    table.add_column("file", ratio=3, overflow="fold")
    for hit in hits:
        file = Text(shown_path(hit.uris[0]), style=f"link {hit.uris[0]}")
        if len(hit.uris) > 1:
            file.append(f"  and {len(hit.uris) - 1} more", style="dim")
        table.add_row(f"{hit.score:.3f}", Text(hit.caption), file)
    Console().print(table)
