"""`wordsight cluster`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.compare import compare
from wordsight.cli.output import print_json, shown_path
from wordsight.cli.progress import StageBars
from wordsight.cli.spark import cluster_of, spark_options

if TYPE_CHECKING:
    from wordsight.catalog.clustering_rows import ClusteringHead
    from wordsight.cell_contents import Cell, CellContent
    from wordsight.library_clusterings import FittedClustering

_MOST_SEEDS = 2**31 - 2  # FAISS takes 32 bits


@click.group()
def cluster() -> None:
    """Look into the clusters of photos, and choose how they are made.

    Clusters come by themselves with `wordsight index`; nothing here is needed to search.

    \b
    wordsight cluster show
    wordsight cluster show 0
    """


@cluster.command()
@click.option("--cells", type=click.IntRange(min=1), help="About how many.  [default: as suits]")
@click.option(
    "--seed",
    type=click.IntRange(0, _MOST_SEEDS),
    default=0,
    show_default=True,
    help="Of sampling and K-means: the same gives the same cells.",
)
@spark_options("fits them")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def fit(
    library: Path | None,
    cells: int | None,
    seed: int,
    engine: str,
    master: str | None,
    shards: str | None,
    as_json: bool,
) -> None:
    """Cluster all photos anew, and search by these clusters.

    The clustering is kept until it is dropped, also when another becomes active.

    \b
    wordsight cluster fit
    wordsight cluster fit --cells 2 --seed 1
    wordsight cluster fit --engine spark --master "local[2]"
    """
    from wordsight.library import Library

    bars = StageBars(shown=sys.stderr.isatty())
    with Library(library) as opened:
        clusterings = opened.clusterings()
        with cluster_of(engine, master, shards, opened.folder) as cluster, bars:
            bars.link(cluster.page if cluster else None)
            fitted = clusterings.fit(cells, seed, bars.watch, cluster)
    if as_json:
        print_json(asdict(fitted))
    else:
        _print_fitted(fitted)


@cluster.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
def list_(library: Path | None, as_json: bool) -> None:
    """List the clusterings that are stored; * marks the active one.

    \b
    wordsight cluster list
    """
    from wordsight.library import Library

    with Library(library) as opened:
        heads = opened.clusterings().all()
    if as_json:
        print_json([asdict(head) for head in heads])
        return
    click.echo(f"{'id':>6}  {'method':<12} {'cells':>7} {'photos':>9}  {'fitted':<27} recall@10")
    for head in heads:
        click.echo(_line(head))


@cluster.command()
@click.argument("clustering", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the id of the active one as JSON.")
@click.pass_obj
def activate(library: Path | None, clustering: int, as_json: bool) -> None:
    """Search by the stored CLUSTERING from now on (`wordsight cluster list` shows its id).

    Photos that came since are put into its cells. The one that was active is kept, unless it
    was made automatically.

    \b
    wordsight cluster activate 3
    """
    from wordsight.library import Library

    bars = StageBars(shown=sys.stderr.isatty())
    with Library(library) as opened:
        clusterings = opened.clusterings()
        with bars:
            active = clusterings.activate(clustering, bars.watch)
    if as_json:
        print_json({"active": active})
    elif active != clustering:
        click.echo(
            f"The library has changed too much since clustering {clustering} was fitted; its "
            f"photos were clustered anew in the same way, as clustering {active}."
        )


@cluster.command()
@click.argument("clustering", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the ids that are left as JSON.")
@click.pass_obj
def drop(library: Path | None, clustering: int, as_json: bool) -> None:
    """Remove the stored CLUSTERING; photos stay as they are.

    \b
    wordsight cluster drop 4
    """
    from wordsight.library import Library

    with Library(library) as opened:
        clusterings = opened.clusterings()
        clusterings.drop(clustering)
        left = [head.id for head in clusterings.all()] if as_json else []
    if as_json:
        print_json({"left": left})


@cluster.command()
@click.argument("cell", type=int, required=False)
@click.option("--clustering", type=int, help="Id of a stored one.  [default: the active one]")
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="The most cells, or photos of the cell.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what is shown as JSON.")
@click.pass_obj
def show(
    library: Path | None, cell: int | None, clustering: int | None, limit: int, as_json: bool
) -> None:
    """Show the largest cells, or what is in CELL.

    Words are those that are more frequent in a cell's captions than in the library. Of a cell,
    captions and photos are shown as well, the most typical first.

    \b
    wordsight cluster show
    wordsight cluster show 0
    wordsight cluster show 0 -n 100 --json
    """
    from wordsight.library import Library

    with Library(library) as opened:
        clusterings = opened.clusterings()
        if cell is None:
            cells = clusterings.cells(clustering, limit)
            print_json([asdict(one) for one in cells]) if as_json else _print_cells(cells)
        else:
            content = clusterings.cell(cell, clustering, limit)
            print_json(asdict(content)) if as_json else _print_content(content)


cluster.add_command(compare)


def _print_fitted(told: FittedClustering) -> None:
    click.echo(
        f"clustering {told.clustering}: {told.photos} photos, {told.cells} cells, "
        f"groups of cells: {told.groups}; {told.seconds:.1f} s\n"
        f"{told.rank} components keep {told.explained_variance:.1%} of the variance\n"
        f"imbalance {told.imbalance:.2f} (1 is all cells equal)"
    )
    if told.recall is None:
        click.echo("searches compare all photos: the library is small")
    else:
        click.echo(
            f"recall@10 {told.recall:.3f} comparing {told.compared:.1%} "
            f"(one probe: {told.recall_one_probe:.3f})"
        )


def _line(head: ClusteringHead) -> str:
    how = f"{head.created_at:%Y-%m-%d %H:%M}, {'automatic' if head.automatic else 'by hand'}"
    found = "compares all"
    if head.quality.get("compared", 1) < 1:
        found = f"{head.quality['recall']:.3f} comparing {head.quality['compared']:.1%}"
    mark = "*" if head.active else " "
    return (
        f"{mark}{head.id:>5}  {head.method:<12} {head.cells:>7} {head.photos:>9}  {how:<27} {found}"
    )


def _print_cells(cells: list[Cell]) -> None:
    click.echo(f"{'cell':>7} {'photos':>8}  words")
    for one in cells:
        click.echo(f"{one.cell:>7} {one.size:>8}  {', '.join(one.words)}")


def _print_content(content: CellContent) -> None:
    click.echo(f"{'cell':<9} {content.cell} of clustering {content.clustering}")
    click.echo(f"{'photos':<9} {content.size}")
    click.echo(f"{'words':<9} {', '.join(content.words)}")
    for caption in content.captions:
        click.echo(f"{'caption':<9} {caption}")
    for photo in content.photos:
        click.echo(shown_path(photo.uris[0]))
    if len(content.photos) < content.size:
        click.echo(f"  and {content.size - len(content.photos)} more (-n shows up to 1000)")
