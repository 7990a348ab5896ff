"""`wordsight serve`"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.keys import keys_of
from wordsight.cli.threads import one_thread_a_product
from wordsight.memory import few_arenas

if TYPE_CHECKING:
    from wordsight.library import SearchIn


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
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
@click.option("--require-key", is_flag=True, help="Demand a key on this machine too.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A name it may be called by.")
@click.option("--places", is_flag=True, help="Tell where photos were taken, if asked.")
@click.option(
    "--allow-urls", is_flag=True, help="Search by photos at public web addresses, if asked."
)
@click.pass_obj
def serve(
    library: Path | None,
    host: str,
    port: int,
    open_page: bool,
    search_in: SearchIn | None,
    require_key: bool,
    allow_host: tuple[str, ...],
    places: bool,
    allow_urls: bool,
) -> None:
    """Serve the search page and the API on this machine, until Ctrl-C.

    On another address than this machine's own, everybody needs a key: see `wordsight keys`.

    \b
    wordsight serve
    wordsight serve --port 9000 --open
    wordsight serve --host 0.0.0.0 --allow-host photos.example
    """
    one_thread_a_product()
    few_arenas()
    from wordsight.library import Library
    from wordsight.server.encoding import ServingModels
    from wordsight.server.fetching import Fetcher
    from wordsight.server.run import is_own, run
    from wordsight.server.settings import Settings

    keys = keys_of(library)
    own = is_own(host)
    if not (own or keys.all()):
        raise click.UsageError(
            f"on {host} others can reach this server; make a key first: wordsight keys add NAME"
        )
    settings = Settings(
        places=places,
        keys=None if own and not require_key else keys,
        hosts=(host, *allow_host),
        addresses=not own,
        fetcher=Fetcher() if allow_urls else None,
    )
    # A second thread for one sentence takes longer, and twice the processor time.
    with Library(library, partial(ServingModels, 1), search_in=search_in) as opened:
        opened.status()  # says what to do when there is no library yet
        run(opened, host, port, settings, lambda address: _announce(address, open_page))


def _announce(address: str, open_page: bool) -> None:
    click.echo(f"wordsight is at {address} (Ctrl-C stops it)")
    if open_page:
        import webbrowser

        webbrowser.open(address)
