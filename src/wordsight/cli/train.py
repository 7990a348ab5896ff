"""`wordsight train`"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordsight.errors import ModelError

if TYPE_CHECKING:
    from wordsight.training.run import Workshop

_DATA = click.Path(file_okay=False, path_type=Path)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--data",
            type=_DATA,
            envvar="WORDSIGHT_DATA",
            required=True,
            help="Folder with flickr8k-train and flickr8k-dev.  [env: WORDSIGHT_DATA]",
        ),
        click.option("--train", "train_name", default="flickr8k-train", show_default=True),
        click.option("--dev", "dev_name", default="flickr8k-dev", show_default=True),
        click.option("--epochs", type=click.IntRange(min=1), help="Fewer or more passes."),
    ):
        command = option(command)
    return command


@click.group()
@click.option(
    "--out",
    type=_DATA,
    default="build/weights",
    show_default=True,
    help="Where weights are written; models made there before are built upon.",
)
@click.option("--cache", type=_DATA, default="build/cache", show_default=True, help="CNN features.")
@click.pass_context
def train(context: click.Context, out: Path, cache: Path) -> None:
    """Make the models (needs the extra [train]).

    \b
    wordsight train all --data data
    wordsight train projection --data data --epochs 12
    """
    context.obj = (out, cache)


@train.command()
@click.pass_obj
def backbone(folders: tuple[Path, Path]) -> None:
    """Convert the CNN, EfficientNet-Lite0."""
    _workshop(folders).backbone()


@train.command()
@click.pass_obj
def encoder(folders: tuple[Path, Path]) -> None:
    """Convert the sentence encoder, all-MiniLM-L6-v2."""
    _workshop(folders).encoder()


@train.command()
@_options
@click.pass_obj
def captioner(folders: tuple[Path, Path], /, epochs: int | None, **names: Any) -> None:
    """Train the captioner on frozen CNN features (about 25 minutes on two cores)."""
    _workshop(folders).captioner(*_collections(**names), epochs)


@train.command()
@_options
@click.pass_obj
def projection(folders: tuple[Path, Path], /, epochs: int | None, **names: Any) -> None:
    """Train the visual projection and the text adapter (about 5 minutes on two cores)."""
    _workshop(folders).projection(*_collections(**names), epochs)


@train.command(name="all")
@_options
@click.pass_obj
def everything(folders: tuple[Path, Path], /, epochs: int | None, **names: Any) -> None:
    """Make all four models, one after the other."""
    collections = _collections(**names)
    workshop = _workshop(folders)
    workshop.backbone()
    workshop.encoder()
    workshop.projection(*collections, epochs)
    workshop.captioner(*collections, epochs)


def _workshop(folders: tuple[Path, Path]) -> Workshop:
    try:
        from wordsight.training.run import Workshop
    except ModuleNotFoundError as error:
        raise ModelError(
            f"training needs {error.name}; install it with `pip install 'wordsight[train]'`"
        ) from error
    return Workshop(*folders, report=click.echo)


def _collections(data: Path, train_name: str, dev_name: str) -> tuple[Any, Any]:
    from wordsight.photos.collection import Collection

    return Collection(data / train_name), Collection(data / dev_name)
