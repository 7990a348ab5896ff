"""`wordsight keys`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json

if TYPE_CHECKING:
    from wordsight.server.keys import Keys

KEYS = "keys.json"
"""In the library's folder."""


@click.group()
def keys() -> None:
    """Keys for a server that others can reach.

    \b
    wordsight keys add anna
    wordsight keys add curator --role write
    wordsight keys list
    wordsight keys remove anna
    """


@keys.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["read", "write"]),
    default="read",
    show_default=True,
    help="To search and look only, or to correct captions too.",
)
@click.pass_obj
def add(library: Path | None, name: str, role: str) -> None:
    """Make a key called NAME and print it: it is not kept, and cannot be shown again.

    \b
    wordsight keys add anna
    """
    click.echo(keys_of(library).add(name, "write" if role == "write" else "read"))


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the names and roles as JSON.")
@click.pass_obj
def show(library: Path | None, as_json: bool) -> None:
    """Show the names and roles of all keys.

    \b
    wordsight keys list
    """
    known = keys_of(library).all()
    if as_json:
        print_json([{k: v for k, v in asdict(key).items() if k != "sha256"} for key in known])
        return
    for key in known:
        click.echo(f"{key.name}  {key.role}  made {key.made_at}")
    if not known:
        click.echo("there are no keys; `wordsight keys add NAME` makes one")


@keys.command()
@click.argument("name")
@click.pass_obj
def remove(library: Path | None, name: str) -> None:
    """Let the key called NAME open nothing any more; running servers notice at once.

    \b
    wordsight keys remove anna
    """
    keys_of(library).remove(name)


def keys_of(library: Path | None) -> Keys:
    """Those of a library."""
    from wordsight.library_folder import default_folder
    from wordsight.server.keys import Keys

    return Keys((library.expanduser() if library else default_folder()) / KEYS)
