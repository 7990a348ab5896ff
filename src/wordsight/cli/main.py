"""The `wordsight` command."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import click

from wordsight import __version__
from wordsight.cli.caption import caption
from wordsight.cli.catalog import catalog as catalog_commands
from wordsight.cli.cluster import cluster
from wordsight.cli.correct import correct, review
from wordsight.cli.datasets import datasets
from wordsight.cli.duplicates import duplicates
from wordsight.cli.encoder import encoder
from wordsight.cli.evaluate import evaluate
from wordsight.cli.forget import forget
from wordsight.cli.index import index
from wordsight.cli.keys import keys
from wordsight.cli.plan import plan
from wordsight.cli.search import search
from wordsight.cli.serve import serve
from wordsight.cli.show import show
from wordsight.cli.status import status
from wordsight.cli.train import train
from wordsight.cli.upload import upload
from wordsight.errors import WordsightError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version")
@click.option(
    "--library",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the library.  [default: $WORDSIGHT_LIBRARY, else the user's data folder]",
)
@click.option(
    "--catalog",
    metavar="URL",
    help="Database that others share, postgresql://user@host/name; the password from ~/.pgpass "
    "or $PGPASSWORD.  [default: $WORDSIGHT_CATALOG, else a file in the library's folder]",
)
@click.option(
    "--precision",
    type=click.Choice(["int8", "float32"]),
    help="Arithmetic of the models.  [default: $WORDSIGHT_PRECISION, else the quickest here]",
)
@click.pass_context
def cli(
    context: click.Context, library: Path | None, catalog: str | None, precision: str | None
) -> None:
    """Type a sentence, get the photos it describes.

    \b
    wordsight index ~/Pictures            describe the photos in a folder
    wordsight search "two dogs in snow"   find some
    wordsight serve                       the same on a page in the browser
    """
    context.obj = library
    if catalog:
        os.environ["WORDSIGHT_CATALOG"] = catalog  # where `Library` looks, whoever opens it
    if precision:
        os.environ["WORDSIGHT_PRECISION"] = precision  # where `ModelSet` looks


for _command in (
    index,
    search,
    show,
    serve,
    keys,
    status,
    caption,
    correct,
    review,
    duplicates,
    encoder,
    forget,
    cluster,
    datasets,
    evaluate,
    train,
    upload,
    plan,
):
    cli.add_command(_command)
cli.add_command(catalog_commands)


def main() -> None:
    """Run a command; what a person did wrong ends in one line on stderr."""
    warnings.filterwarnings("ignore", module="PIL")  # what matters becomes a photo's failure
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except WordsightError as error:
        click.echo(f"wordsight: {error}", err=True)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
