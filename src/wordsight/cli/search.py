"""`wordsight search`"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordsight.cli.output import is_terminal, print_json, shown_path
from wordsight.cli.threads import one_thread_a_product
from wordsight.errors import PhotoError, QueryError

if TYPE_CHECKING:
    from wordsight.library import Library, SearchIn
    from wordsight.search.finder import Answer
    from wordsight.search.results import Hit, Signal


@click.command()
@click.argument("query", nargs=-1)
@click.option("--limit", "-n", default=10, show_default=True, help="The most results.")
@click.option(
    "--like",
    metavar="PHOTO",
    help="Photos like this one: a file, or a URI or an id of the library's. QUERY counts as much.",
)
@click.option(
    "--by",
    "signal",
    type=click.Choice(["fused", "caption", "picture"]),
    default="fused",
    show_default=True,
    help="Compare with the captions, the pictures, or both.",
)
@click.option(
    "--all",
    "-a",
    "every",
    is_flag=True,
    help="List near-duplicates one by one, not the best of them for all.",
)
@click.option("--explain", "-e", is_flag=True, help="Tell how each result came about.")
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
    like: str | None,
    signal: Signal,
    every: bool,
    explain: bool,
    as_json: bool,
    paths_only: bool,
    null: bool,
    search_in: SearchIn | None,
) -> None:
    """Find the photos that QUERY describes, the best first.

    \b
    wordsight search "two dogs in snow"
    wordsight search beach without people after:2023-06 folder:holiday
    wordsight search '"red car" orientation:portrait -tag:work'
    wordsight search --like photo.jpg but at night
    wordsight search -n 3 --json a red car
    wordsight search -p -0 beach | xargs -0 cp -t beach/

    Filters: after: before: date: folder: name: camera: lens: tag: rating: format: orientation:
    has: — `-` before one, or before a word, leaves out what it finds. Put `--` first if QUERY
    begins with `-`.
    """
    if not query and not like:
        raise click.UsageError("say what to search for, as in `wordsight search two dogs in snow`")
    one_thread_a_product()
    from wordsight.library import Library

    text = query[0] if len(query) == 1 else " ".join(map(_quoted, query))
    with Library(library, search_in=search_in) as opened:
        answer = (
            _like(opened, like, text, limit, explain, every)
            if like
            else opened.find(text, limit, signal, explain, collapses=not every)
        )
        for note in answer.notes:
            click.echo(note, err=True)
        if as_json:
            print_json(
                [_for_machines(hit, answer, opened.pictures.url(hit)) for hit in answer.hits]
            )
            return
    if paths_only:
        _print_paths(answer.hits, "\0" if null else "\n")
    elif is_terminal():
        _print_table(answer)
    else:
        _print_lines(answer)


def _like(
    library: Library, photo: str, text: str, limit: int, explain: bool, every: bool
) -> Answer:
    of_the_library = photo.isdigit() and not Path(photo).exists()
    known = int(photo) if of_the_library else photo
    try:
        answer = library.find_like(known, text, limit, explains=explain, collapses=not every)
    except PhotoError as error:
        raise QueryError(f"cannot search by {photo}: {error}") from error
    if answer is None:
        raise QueryError(f"there is no photo {photo} in this library, nor a file of that name")
    return answer


def _quoted(word: str) -> str:
    """One of several words, with the quotes that the shell took from a filter's value."""
    key, colon, value = word.partition(":")
    if colon and key.lstrip("-").isalpha() and " " in value and '"' not in value:
        return f'{key}:"{value}"'
    return word


def _for_machines(hit: Hit, answer: Answer, url: str | None) -> dict[str, Any]:
    row = {**asdict(hit), "url": url}
    if hit.id in answer.explained:
        row["explanation"] = asdict(answer.explained[hit.id])
    return row


def _print_lines(answer: Answer) -> None:
    for hit in answer.hits:
        click.echo(f"{hit.score:.3f}\t{hit.caption}\t{shown_path(hit.uris[0])}")
        if hit.id in answer.explained:
            click.echo(f"\t{explained(hit, answer)}")


def _print_paths(hits: list[Hit], end: str) -> None:
    from wordsight.photos.folder import path_of
    from wordsight.photos.places import in_store

    for hit in hits:
        uri = hit.uris[0]
        place = uri.encode() if in_store(uri) else os.fsencode(path_of(uri))
        sys.stdout.buffer.write(place + end.encode())


def _print_table(answer: Answer) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold")
    table.add_column("score", justify="right")
    table.add_column("caption", ratio=2)
    table.add_column("file", ratio=3, overflow="fold")
    for hit in answer.hits:
        file = Text(shown_path(hit.uris[0]), style=f"link {hit.uris[0]}")
        if len(hit.uris) > 1:
            file.append(f"  and {len(hit.uris) - 1} more", style="dim")
        if hit.alike:
            file.append(f"  and {hit.alike} alike", style="dim")
        caption = Text(hit.caption, style="dim" if hit.match == "none" else "")
        if hit.id in answer.explained:
            caption.append(f"\n{explained(hit, answer)}", style="dim italic")
        table.add_row(f"{hit.score:.3f}" if hit.score else "", caption, file)
    Console().print(table)


def explained(hit: Hit, answer: Answer) -> str:
    """How a hit came about, in a line."""
    told = answer.explained[hit.id]
    parts = [
        f"vector {hit.score - hit.words_score:.3f} (rank {told.rank_by_vector})",
        f"picture {hit.picture_score:.3f} (rank {told.rank_by_picture})",
        f"caption {hit.caption_score:.3f} (rank {told.rank_by_caption})",
    ]
    if told.words:
        parts.append(f"words +{hit.words_score:.3f} ({', '.join(told.words)})")
    if hit.likelihood is not None:
        parts.append(
            f"{'no' if hit.match == 'none' else hit.match} match, {hit.likelihood:.0%} likely"
        )
    if told.cell is not None:
        parts.append(f"cell {told.cell}")
    return f"{'; '.join(parts)}; of {told.compared} compared"
