"""The map of the collection."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from wordsight.cluster_map import Map, MapCell
from wordsight.server.answers import ClusterCell, ClusterGroup, ClusterMap, ClusterPhotos
from wordsight.server.routes.search import Limit
from wordsight.server.serving import MissingError, Served, Serving, as_json

router = APIRouter(prefix="/clusters", tags=["clusters"])

Number = Annotated[int, Path(ge=0, lt=2**31)]
_SHOWN = 8


@router.get("", response_model=ClusterMap)
async def clusters(served: Served) -> Response:
    """Groups of like photos, the largest first."""
    return as_json(await served.looks(_clusters, served))


@router.get("/{group_id}", response_model=ClusterPhotos)
async def cluster(
    served: Served,
    group_id: Number,
    limit: Limit = 40,
    offset: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    cell: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
) -> Response:
    """A group's photos, or those of one of its cells, the most typical first."""
    return as_json(await served.looks(_cluster, served, group_id, limit, offset, cell))


def _clusters(served: Serving) -> ClusterMap:
    drawn = _map(served)
    shown = {group.id: group.members.ids[:_SHOWN].tolist() for group in drawn.groups}
    details = served.library.clusterings().photos([i for ids in shown.values() for i in ids])
    photos = {detail.id: served.shower.photo(detail) for detail in details}
    return ClusterMap(
        clustering=drawn.clustering,
        photos=drawn.photos,
        groups=[
            ClusterGroup(
                **_told(group),
                name=group.name,
                cells=[ClusterCell(**_told(cell)) for cell in group.cells],
                photos=[photos[i] for i in shown[group.id] if i in photos],
            )
            for group in drawn.groups
        ],
    )


def _cluster(
    served: Serving, group_id: int, limit: int, offset: int, cell: int | None
) -> ClusterPhotos:
    group = _map(served).group(group_id)
    if group is None:
        raise MissingError("there is no such group any more; the photos were clustered anew")
    ids = group.members.ids
    if cell is not None:
        ids = ids[group.members.cells == cell]
    photos = served.library.clusterings().photos(ids[offset : offset + limit].tolist())
    return ClusterPhotos(
        id=group.id,
        name=group.name,
        words=list(group.words),
        size=len(ids),
        limit=limit,
        offset=offset,
        more=len(ids) > offset + limit,
        results=[served.shower.photo(photo) for photo in photos],
    )


def _map(served: Serving) -> Map:
    return served.map.of(served.library.overview().version(), served.library.clusterings().map)


def _told(part: MapCell) -> dict[str, Any]:
    return {"id": part.id, "words": list(part.words), "size": part.size, "x": part.x, "y": part.y}
