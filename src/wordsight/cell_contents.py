"""What is in the cells of a clustering: photos, captions, and the words that name a cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from wordsight.catalog import Catalog
from wordsight.catalog.clustering_rows import ClusteringHead
from wordsight.catalog.descriptions import PhotoDetail
from wordsight.errors import LibraryError
from wordsight.search.naming import WordCounts, naming_words

_TYPICAL_CAPTIONS = 5
_TYPICAL_PHOTOS = 100


@dataclass(frozen=True)
class Cell:
    """A cell, how many photos can be found in it, and the words that name it, the best first."""

    clustering: int
    cell: int
    size: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class CellContent(Cell):
    """A cell with its most typical captions and photos, the nearest to the centroid first."""

    captions: tuple[str, ...]
    photos: tuple[PhotoDetail, ...]


def largest_cells(catalog: Catalog, clustering: ClusteringHead, most: int) -> list[Cell]:
    """Up to `most` cells that are not empty, the largest first."""
    cells, library = _count_words(catalog, clustering.id)
    largest = sorted(cells, key=lambda cell: (-cells[cell].captions, cell))[:most]
    return [_named(clustering.id, cell, cells[cell], library) for cell in largest]


def content_of(catalog: Catalog, clustering: ClusteringHead, cell: int, most: int) -> CellContent:
    """A cell with up to `most` photos, at most 1,000.

    Raises:
        LibraryError: there is no such cell.
    """
    if not 0 <= cell < clustering.cells:
        raise LibraryError(
            f"there is no cell {cell} in clustering {clustering.id}; its cells are numbered "
            f"from 0 to {clustering.cells - 1}"
        )
    cells, library = _count_words(catalog, clustering.id)
    typical = _typical(catalog, clustering.id, cell, max(most, _TYPICAL_PHOTOS))
    captions = dict.fromkeys(photo.caption for photo in typical)
    return CellContent(
        **vars(_named(clustering.id, cell, cells.get(cell, WordCounts()), library)),
        captions=tuple(islice(captions, _TYPICAL_CAPTIONS)),
        photos=tuple(typical[:most]),
    )


def _typical(catalog: Catalog, clustering_id: int, cell: int, most: int) -> list[PhotoDetail]:
    ids = catalog.clusterings.members(clustering_id, cell).ids[:most].tolist()
    details = catalog.descriptions.details(ids)
    return [details[photo_id] for photo_id in ids if photo_id in details]


def _count_words(catalog: Catalog, clustering_id: int) -> tuple[dict[int, WordCounts], WordCounts]:
    """Words in the captions of each cell that is not empty, and of all."""
    cells: dict[int, WordCounts] = {}
    for cell, caption in catalog.clusterings.captions(clustering_id):
        cells.setdefault(cell, WordCounts()).add(caption)
    return cells, WordCounts.total(cells.values())


def _named(clustering_id: int, cell: int, counts: WordCounts, library: WordCounts) -> Cell:
    return Cell(clustering_id, cell, counts.captions, tuple(naming_words(counts, library)))
