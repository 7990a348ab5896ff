"""What the library holds, and how its indexing goes."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response

from wordsight import __version__
from wordsight.catalog.facets import Facets
from wordsight.overview import SnapshotAge
from wordsight.server.answers import Count, Indexing, Month, SnapshotState, Stats
from wordsight.server.serving import Served, Serving, as_json

router = APIRouter(tags=["stats"])


@router.get("/stats", response_model=Stats)
async def stats(served: Served) -> Response:
    """What the library holds: counts, what to filter by, and the run that is under way."""
    return as_json(await served.looks(_stats, served))


def _stats(served: Serving) -> Stats:
    overview = served.library.overview()
    counts, run, snapshot = served.library.counts(), overview.run(), overview.snapshot()
    facets: Facets = served.facets.of(overview.version(), overview.facets)
    return Stats(
        **{name: counts[name] for name in ("photos", "files", "failed", "waiting")},
        version=__version__,
        indexing=Indexing(**asdict(run)) if run else None,
        dates=[Month(month=month, photos=n) for month, n in facets.months.items()],
        undated=facets.undated,
        folders=_counts(facets.folders),
        cameras=_counts(facets.cameras),
        orientations=_counts(facets.orientations),
        snapshot=_snapshot(snapshot) if snapshot else None,
    )


def _snapshot(snapshot: SnapshotAge) -> SnapshotState:
    return SnapshotState(
        name=snapshot.name,
        photos=snapshot.photos,
        changed=snapshot.changed,
        age_seconds=snapshot.seconds,
    )


def _counts(counted: dict[str, int]) -> list[Count]:
    return [Count(name=name, photos=n) for name, n in counted.items()]
