"""`wordsight catalog`"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json

if TYPE_CHECKING:
    from sqlalchemy import URL

    from wordsight.catalog import Catalog


@click.group()
def catalog() -> None:
    """Move and check the database of a library.

    \b
    wordsight catalog check
    """


@catalog.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy the catalog FROM a database or a library's folder TO an empty one.

    All or nothing: stopped half way, TO stays empty. The photos stay where they are; run
    `wordsight index` with the new catalog once, to make a snapshot of it.

    \b
    wordsight catalog copy library copied
    wordsight catalog copy library postgresql://ann@db.example.org/photos
    """
    from wordsight.catalog.copying import copy_catalog, row_count
    from wordsight.chosen_models import models_of
    from wordsight.cli.progress import counting
    from wordsight.clusters import Clusters

    url = _url_of(target)
    with _opened(_existing(source)) as read, _made(url) as written:
        with counting("Copying rows", row_count(read)) as counted:
            rows = copy_catalog(read, written, counted)
        Clusters(written, models_of(written)).add_vectors()
        written.refresh_statistics()
        place = written.place
    if as_json:
        print_json({"rows": rows, "catalog": place})
    else:
        click.echo(f"{rows} rows copied to {place}")


@catalog.command()
@click.argument("place", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def check(library: Path | None, place: str | None, as_json: bool) -> None:
    """Check that all in the catalog fits together: of the library, or of another PLACE.

    PLACE is a database or a library's folder. Ends with 1 if something is wrong. `wordsight
    status --verify` checks the snapshot and the models as well.

    \b
    wordsight catalog check
    wordsight catalog check copied
    """
    from wordsight.chosen_models import models_of
    from wordsight.consistency import catalog_problems
    from wordsight.library_folder import default_folder

    here = os.environ.get("WORDSIGHT_CATALOG") or str(library or default_folder())
    with _opened(_existing(place or here)) as opened:
        problems = catalog_problems(opened.engine, models_of(opened))
    if as_json:
        print_json({"problems": problems})
    else:
        click.echo("\n".join(problems or ["no problems"]))
    if problems:
        raise click.exceptions.Exit(1)


def _url_of(place: str) -> URL:
    from wordsight.catalog import normal_url, sqlite_url

    if "://" in place:
        return normal_url(place)
    return sqlite_url(Path(place).expanduser() / "catalog.db")


def _existing(place: str) -> URL:
    from wordsight.catalog import is_catalog, shown
    from wordsight.errors import LibraryError

    url = _url_of(place)
    if not is_catalog(url):
        raise LibraryError(f"there is no catalog in {shown(url)}")
    return url


@contextmanager
def _opened(url: URL) -> Iterator[Catalog]:
    from wordsight.catalog import Catalog

    opened = Catalog(url)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def _made(url: URL) -> Iterator[Catalog]:
    """A catalog to write to; a folder that cannot be made is told when it is opened."""
    if url.drivername == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    with _opened(url) as opened:
        yield opened
