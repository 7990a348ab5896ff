"""A map of the collection: groups of like photos, where they lie, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.clustering_rows import ClusteringRow
from wordsight.catalog.descriptions import PhotoDetail
from wordsight.catalog.memberships import Members
from wordsight.search.naming import WordCounts, naming_words

Floats = npt.NDArray[np.float32]

_NAMING = 3


@dataclass(frozen=True)
class MapCell:
    """Photos that are alike, the words that name them, and where they lie, within -1 and 1."""

    id: int
    words: tuple[str, ...]
    size: int
    x: float
    y: float


@dataclass(frozen=True)
class MapGroup(MapCell):
    """A group of cells; `members` are its photos, the most typical first, and their cells."""

    cells: tuple[MapCell, ...]
    members: Members

    @property
    def name(self) -> str:
        return ", ".join(self.words[:_NAMING])


@dataclass(frozen=True)
class Map:
    """Groups that are not empty, the largest first."""

    clustering: int
    photos: int
    groups: tuple[MapGroup, ...]

    def group(self, group_id: int) -> MapGroup | None:
        """None if there is none, or none any more."""
        return next((group for group in self.groups if group.id == group_id), None)


def draw_map(catalog: Catalog, models: str) -> Map | None:
    """The map of the active clustering; None without any of these models."""
    active = catalog.clusterings.active(models)
    if active is None:
        return None
    clustering_id, row = active
    members = catalog.clusterings.members(clustering_id)
    counts = _count_words(catalog.clusterings.captions(clustering_id))
    sizes = np.bincount(members.cells, minlength=len(row.groups))
    places = _positions(row, sizes)
    everywhere = WordCounts.total(counts.values())
    groups = [
        _group(group, row, members, counts, everywhere, sizes, places)
        for group in np.unique(row.groups[sizes > 0]).tolist()
    ]
    groups.sort(key=lambda group: (-group.size, group.id))
    return Map(clustering_id, len(members.ids), tuple(groups))


def typical(catalog: Catalog, ids: Sequence[int]) -> list[PhotoDetail]:
    """Those of the photos that can still be found, in this order."""
    details = catalog.descriptions.details(ids)
    return [details[photo_id] for photo_id in ids if photo_id in details]


def _group(
    group: int,
    row: ClusteringRow,
    members: Members,
    counts: dict[int, WordCounts],
    everywhere: WordCounts,
    sizes: npt.NDArray[np.int64],
    places: Floats,
) -> MapGroup:
    inside = np.flatnonzero((row.groups == group) & (sizes > 0))
    own = WordCounts.total(counts[cell] for cell in inside.tolist() if cell in counts)
    cells = [
        MapCell(
            cell,
            tuple(naming_words(counts.get(cell, WordCounts()), everywhere)),
            int(sizes[cell]),
            *places[cell].tolist(),
        )
        for cell in inside[np.argsort(-sizes[inside], kind="stable")].tolist()
    ]
    of_group = np.isin(members.cells, inside)
    x, y = np.average(places[inside], axis=0, weights=sizes[inside]).tolist()
    return MapGroup(
        group,
        tuple(naming_words(own, everywhere)),
        int(sizes[inside].sum()),
        x,
        y,
        tuple(cells),
        Members(
            members.ids[of_group], members.cells[of_group], members.squared_distances[of_group]
        ),
    )


def _count_words(captions: Iterable[tuple[int, str]]) -> dict[int, WordCounts]:
    counts: dict[int, WordCounts] = {}
    for cell, caption in captions:
        counts.setdefault(cell, WordCounts()).add(caption)
    return counts


def _positions(row: ClusteringRow, sizes: npt.NDArray[np.int64]) -> Floats:
    """Where cells lie in the plane `[k, 2]` in which they differ most, within -1 and 1."""
    weights = np.maximum(sizes, 1)[:, None]
    centred = row.centroids - (row.centroids * weights).sum(axis=0) / weights.sum()
    if min(centred.shape) < 2:
        flat = np.zeros((len(centred), 2), np.float32)
        flat[:, : centred.shape[1]] = centred[:, :2]
    else:
        _, _, axes = np.linalg.svd(centred * np.sqrt(weights), full_matrices=False)
        largest = np.abs(axes[:2]).argmax(axis=1)
        signs = np.sign(axes[[0, 1], largest])  # so that the map is not mirrored by chance
        flat = centred @ (axes[:2] * signs[:, None]).T
    return np.asarray(flat / max(float(np.abs(flat).max(initial=0)), 1e-9), np.float32)
