"""`wordsight train`"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordsight.cli.progress import counting
from wordsight.cli.spark import cluster_of, spark_options
from wordsight.errors import ModelError

if TYPE_CHECKING:
    from wordsight.spark.cluster import Cluster
    from wordsight.training.fit_captioner import Decoder
    from wordsight.training.run import Workshop

_NAMED = (
    "NAME.tar or a folder NAME, captions in NAME.json or annotations/captions_NAME.json (our list "
    "or COCO's format)."
)
_FOLDER = click.Path(file_okay=False, path_type=Path)


_data = click.option(
    "--data",
    envvar="WORDSIGHT_DATA",
    required=True,
    help="Folder, or URL that fsspec understands, with both collections.  [env: WORDSIGHT_DATA]",
)
_train = click.option(
    "--train", "train_name", default="flickr8k-train", show_default=True, help=_NAMED
)
_dev = click.option(
    "--dev", "dev_name", default="flickr8k-dev", show_default=True, help="Likewise."
)
_epochs = click.option("--epochs", type=click.IntRange(min=1), help="Fewer or more passes.")


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (_data, _train, _dev, _epochs):
        command = option(command)
    return command


@click.group()
@click.option(
    "--out",
    type=_FOLDER,
    default="build/weights",
    show_default=True,
    help="Where weights are written; models made there before are built upon.",
)
@click.option(
    "--cache",
    type=_FOLDER,
    default="build/cache",
    show_default=True,
    help="CNN features, tables and curves, unfinished trainings.",
)
@click.pass_context
def train(context: click.Context, out: Path, cache: Path) -> None:
    """Make the models (needs the extra [train]). Stopped, it goes on from the last epoch when it
    is run again. A table of figures for each epoch lies in the cache.

    \b
    wordsight train all --data data
    wordsight train projection --data data --epochs 12
    """
    context.obj = (out, cache)


@train.command()
@click.pass_obj
def encoder(folders: tuple[Path, Path]) -> None:
    """Convert the sentence encoder, all-MiniLM-L6-v2."""
    _workshop(folders).encoder()


@train.command()
@_options
@click.pass_obj
def backbone(folders: tuple[Path, Path], /, epochs: int | None, **names: Any) -> None:
    """Tune the CNN together with a projection (about 20 minutes on two cores).

    EfficientNet-Lite0 with its ImageNet weights; the last five of its sixteen blocks learn to
    tell photos apart as captions do.
    """
    _workshop(folders).backbone(*_collections(**names), epochs)


@train.command(name="untuned-backbone")
@click.pass_obj
def untuned_backbone(folders: tuple[Path, Path]) -> None:
    """Convert the CNN as ImageNet left it; `train projection` builds upon it."""
    _workshop(folders).untuned_backbone()


@train.command()
@_options
@click.pass_obj
def projection(folders: tuple[Path, Path], /, epochs: int | None, **names: Any) -> None:
    """Train the visual projection and the text adapter alone, on a CNN that stays as it is."""
    _workshop(folders).projection(*_collections(**names), epochs)


@train.command()
@_data
@_train
@_dev
@spark_options("computes them", "in the cache")
@click.pass_obj
def features(
    folders: tuple[Path, Path],
    /,
    engine: str,
    master: str | None,
    shards: str | None,
    **names: Any,
) -> None:
    """Compute the CNN's features into the cache, where `train captioner` and `train projection`
    find them.

    Those commands compute by themselves what is missing there; this one may do so on a cluster.

    \b
    wordsight train features --data data --engine spark --master "local[2]"
    """
    collections = _collections(**names)
    with cluster_of(engine, master, shards, folders[1]) as cluster:
        if cluster is not None and cluster.page:
            click.echo(f"Spark's jobs: {cluster.page}")
        _workshop(folders, cluster).features(*collections)


@train.command()
@_options
@click.option(
    "--self-critical/--no-self-critical",
    default=True,
    show_default=True,
    help="After people's captions, train on the model's own, rewarded by CIDEr-D and by how well "
    "they find their photo.",
)
@click.option(
    "--decoder",
    type=click.Choice(["gru", "transformer"]),
    default="gru",
    show_default=True,
    help="What says the words; both are of a size.",
)
@click.pass_obj
def captioner(
    folders: tuple[Path, Path],
    /,
    epochs: int | None,
    self_critical: bool,
    decoder: Decoder,
    **names: Any,
) -> None:
    """Train the captioner on the CNN's features (about 40 minutes on two cores)."""
    _workshop(folders).captioner(*_collections(**names), epochs, self_critical, decoder)


@train.command()
@_data
@_train
@click.pass_obj
def quantise(folders: tuple[Path, Path], data: str, train_name: str) -> None:
    """Write the models' int8 forms; the CNN's is calibrated on a hundred training photos."""
    from wordsight.photos.collection import Collection

    _workshop(folders).quantise(Collection(f"{data}/{train_name}"))


@train.command()
@_data
@_dev
@click.pass_obj
def calibrate(folders: tuple[Path, Path], data: str, dev_name: str) -> None:
    """Measure how likely a caption is right at which confidence, with all models made.

    What it is worth on photos that it was not fitted on is told by cross-validation.
    """
    from wordsight.photos.collection import Collection

    _workshop(folders).calibrate(Collection(f"{data}/{dev_name}"))


@train.command(name="all")
@_options
@click.pass_obj
def everything(folders: tuple[Path, Path], /, epochs: int | None, **names: Any) -> None:
    """Make all models, one after the other."""
    collections = _collections(**names)
    workshop = _workshop(folders)
    workshop.encoder()
    workshop.backbone(*collections, epochs)
    workshop.captioner(*collections, epochs)
    workshop.quantise(collections[0])
    workshop.calibrate(collections[1])


def _workshop(folders: tuple[Path, Path], cluster: Cluster | None = None) -> Workshop:
    try:
        from wordsight.training.run import Workshop
    except ModuleNotFoundError as error:
        raise ModelError(
            f"training needs {error.name}; install it with `pip install 'wordsight[train]'`"
        ) from error
    from wordsight.training.telling import Teller

    teller = Teller(click.echo, counting)
    if cluster is None:
        return Workshop(*folders, teller)
    from wordsight.spark.features import extract_on

    return Workshop(*folders, teller, extract_on(cluster))


def _collections(data: str, train_name: str, dev_name: str) -> tuple[Any, Any]:
    from wordsight.photos.collection import Collection

    return Collection(f"{data}/{train_name}"), Collection(f"{data}/{dev_name}")
