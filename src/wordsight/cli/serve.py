"""`wordsight serve`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.threads import one_thread_a_product

if TYPE_CHECKING:
    from wordsight.library import SearchIn


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8700,
    show_default=True,
    help="0 takes any free port.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--search-in",
    type=click.Choice(["snapshot", "database"]),
    help="The snapshot in the library's folder, or PostgreSQL itself.  [default: a snapshot if "
    "there is one]",
)
@click.pass_obj
def serve(library: Path | None, port: int, open_page: bool, search_in: SearchIn | None) -> None:
    """Serve the search page and the API on this machine, until Ctrl-C.

    \b
    wordsight serve
    wordsight serve --port 9000 --open
    """
    one_thread_a_product()
    from wordsight.library import Library
    from wordsight.server.run import run

    with Library(library, search_in=search_in) as opened:
        opened.status()  # says what to do when there is no library yet
        run(opened, port, lambda address: _announce(address, open_page))


def _announce(address: str, open_page: bool) -> None:
    click.echo(f"wordsight is at {address} (Ctrl-C stops it)")
    if open_page:
        import webbrowser

        webbrowser.open(address)
