"""What a library holds, seen by a process that had no part in its making."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from wordsight.catalog.database import open_database, sqlite_url
from wordsight.catalog.descriptions import Descriptions
from wordsight.catalog.inventory import Inventory
from wordsight.catalog.schema import (
    captions,
    centroids,
    clusterings,
    embeddings,
    failures,
    files,
    memberships,
    photos,
    sources,
)
from wordsight.consistency import problems
from wordsight.errors import LibraryError
from wordsight.index.snapshot import Origin, Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.library import Library
from wordsight.models.packaged import ModelSet


@dataclass
class Look:
    """What was seen.

    `problems` are what no kill may cause. `waiting` counts files to be described; `described`
    tells by which models and when, for each content; `content` are lines that say all a catalog
    knows, but for numbers and times. `behind` are reasons why a library is not up to date: there
    may be some after a kill, and none after a whole run.
    """

    problems: list[str] = field(default_factory=list)
    waiting: int = 0
    described: dict[str, list[str]] = field(default_factory=dict)
    content: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)


def look(folder: Path, models: ModelSet) -> Look:
    """Open a library and look at all of it, as if it were indexed by `models` from now on."""
    if not (folder / "catalog.db").exists():  # killed before there was anything
        return Look(behind=["there is no catalog"])
    store = SnapshotStore(folder / "snapshots")
    engine = open_database(sqlite_url(folder / "catalog.db"))
    try:
        with engine.connect() as connection:
            described, content = _described(connection), _content(connection)
        return Look(
            problems=problems(engine, store, models) + _use_problems(folder, engine, models),
            waiting=Inventory(engine).count_waiting(models.identity, retry_failed=False),
            described=described,
            content=content,
            behind=_behind(engine, store, models),
        )
    finally:
        engine.dispose()


def _use_problems(folder: Path, engine: Engine, models: ModelSet) -> list[str]:
    """A library says how it stands, and a search for everything gives all that can be found."""
    findable = select(photos.c.id).join(files).where(photos.c.described_by == models.identity)
    with engine.connect() as connection:
        ids = set(connection.scalars(findable))
    with Library(folder, models) as library:
        counts = library.status().counts
        try:
            hits = {hit.id for hit in library.search("anything", limit=1000)}
        except LibraryError as error:
            return [f"search fails: {error}"] if ids else []
    found = [] if hits == ids else [f"search finds {sorted(hits)}, not {sorted(ids)}"]
    if min(counts.values()) < 0 or counts["described"] > counts["files"]:
        found.append(f"the counts do not agree: {counts}")
    return found


def _described(connection: Connection) -> dict[str, list[str]]:
    rows = connection.execute(select(photos.c.sha256, photos.c.described_by, photos.c.described_at))
    return {row.sha256: [row.described_by, str(row.described_at)] for row in rows}


def _content(connection: Connection) -> list[str]:
    """Sorted, without the numbers of rows, so that two histories can be compared."""
    vectors: dict[int, str] = {}
    for row in connection.execute(select(embeddings).order_by(embeddings.c.signal)):
        digest = hashlib.sha256(row.vector).hexdigest()[:8]
        vectors[row.photo_id] = f"{vectors.get(row.photo_id, '')} {row.signal} {digest}"
    said = select(photos, captions.c.text, captions.c.confidence).join(captions)
    named = {row.id: row.sha256 for row in connection.execute(select(photos))}
    lines = [f"source {uri}" for uri in connection.scalars(select(sources.c.uri))]
    lines += [
        f"photo {row.sha256} {row.width} {row.height} {row.format} {row.described_by} "
        f"{row.text!r} {row.confidence}{vectors.get(row.id)}"
        for row in connection.execute(said)
    ]
    lines += [
        f"file {row.uri} {row.fingerprint} {row.changed} {named.get(row.photo_id)}"
        for row in connection.execute(select(files))
    ]
    lines += [
        f"failure {row.uri} {row.stage} {row.reason}"
        for row in connection.execute(select(files.c.uri, failures).join(failures))
    ]
    return sorted(lines)


def _behind(engine: Engine, store: SnapshotStore, models: ModelSet) -> list[str]:
    """Reasons why a snapshot is not of the catalog as it is now."""
    snapshot = store.open()
    if snapshot is None:
        return ["there is no snapshot"]
    descriptions, reasons = Descriptions(engine), []
    origin = Origin(descriptions.catalog_id(), models.identity, descriptions.version())
    if snapshot.manifest.origin != origin:
        reasons.append(f"the snapshot is of {snapshot.manifest.origin}, the catalog is {origin}")
    if snapshot.cells is not None and snapshot.cells.sizes.tolist() != _sizes(engine, snapshot):
        reasons.append("the snapshot's cells are not those of the active clustering")
    names = sorted(path.name for path in store.root.iterdir())
    extra = [name for name in names if name != "CURRENT" and not name.isdigit()]
    if extra:
        reasons.append(f"left behind in the snapshots' folder: {extra}")
    return reasons


def _sizes(engine: Engine, snapshot: Snapshot) -> list[int]:
    """Of the active clustering's cells, as far as they are in the snapshot."""
    held = centroids.join(clusterings).outerjoin(
        memberships,
        (memberships.c.clustering_id == centroids.c.clustering_id)
        & (memberships.c.cell == centroids.c.cell)
        & memberships.c.photo_id.in_(snapshot.ids.tolist()),
    )
    query = (
        select(func.count(memberships.c.photo_id))
        .select_from(held)
        .where(clusterings.c.active)
        .group_by(centroids.c.cell)
        .order_by(centroids.c.cell)
    )
    with engine.connect() as connection:
        return list(connection.scalars(query))
