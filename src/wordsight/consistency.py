"""Whether a library is consistent: catalog and snapshot, each in itself and with each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, Select, exists, func, select

from wordsight.catalog.dialects import vector_size
from wordsight.catalog.schema import (
    captions,
    centroids,
    clusterings,
    embeddings,
    failures,
    files,
    memberships,
    photos,
    state,
)
from wordsight.errors import LibraryError
from wordsight.index.shares import shares_of
from wordsight.index.snapshot import Snapshot
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

_SIGNALS = ("caption", "picture")
_STORED = np.dtype("<f2")
_CHUNK = 5000
_SHOWN = 5
_TOLERANCE = 2e-3
"""Between components of unit vectors, some of which are kept as float16."""


def problems(engine: Engine, store: SnapshotStore, models: ModelSet) -> list[str]:
    """What is wrong with a library, a line each; nothing where all is well.

    What is only not up to date is not wrong: files that wait, a snapshot of an earlier version.
    A library may be searched and written meanwhile.

    Args:
        engine: of the catalog's database.
        store: of the library's snapshots.
        models: by which the library is searched.
    """
    found: list[str] = []
    snapshot = None
    try:  # the snapshot first: a catalog may be newer than what is built from it, never older
        current = store.current()
        snapshot = None if current is None else Snapshot(current)
    except LibraryError as error:
        found.append(str(error))
    try:
        with engine.connect() as connection:
            found += _catalog_problems(connection, models.identity)
            if snapshot is not None:
                found += _snapshot_problems(connection, snapshot, models)
    except LibraryError as error:
        found.append(str(error))
    return found


def catalog_problems(engine: Engine, models: ModelSet) -> list[str]:
    """As `problems`, of the catalog alone.

    Raises:
        LibraryError: it cannot be read.
    """
    with engine.connect() as connection:
        return _catalog_problems(connection, models.identity)


def _catalog_problems(connection: Connection, described_by: str) -> list[str]:
    return [
        *_damage(connection),
        *_photo_problems(connection),
        *_file_problems(connection),
        *_cluster_problems(connection, described_by),
    ]


def _damage(connection: Connection) -> list[str]:
    """What SQLite finds by itself; other databases allow no dangling references."""
    if connection.dialect.name != "sqlite":
        return []
    told = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    found = [f"the catalog's file is damaged: {line}" for line in told if line != "ok"]
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return found + _line(
        "references to missing rows", [f"{row[0]} to {row[2]}" for row in dangling]
    )


def _photo_problems(connection: Connection) -> list[str]:
    """Every photo has one caption, an embedding for each signal, and a version that was."""
    of_photo = select(func.count()).where(captions.c.photo_id == photos.c.id).scalar_subquery()
    found = _rows(connection, "photos without exactly one caption", _photos().where(of_photo != 1))
    for signal in _SIGNALS:
        embedded = exists().where(
            embeddings.c.photo_id == photos.c.id, embeddings.c.signal == signal
        )
        found += _rows(
            connection, f"photos without an embedding of the {signal}", _photos().where(~embedded)
        )
    sizes = (
        select(photos.c.described_by)
        .join(embeddings)
        .group_by(photos.c.described_by)
        .having(func.count(vector_size(connection, embeddings.c.vector).distinct()) > 1)
    )
    found += _rows(connection, "sets of models with vectors of several sizes", sizes)
    newest = select(func.max(state.c.version)).scalar_subquery()
    later = _photos().where(photos.c.version > newest)
    return found + _rows(connection, "photos of a version that never was", later)


def _file_problems(connection: Connection) -> list[str]:
    """A file shows a photo that is there, or has failed, or waits: the counts add up by that."""
    lost = select(files.c.uri).where(
        files.c.photo_id.is_not(None), ~exists().where(photos.c.id == files.c.photo_id)
    )
    failed = select(files.c.uri).join(failures)
    return [
        *_rows(connection, "files that show a missing photo", lost),
        *_rows(
            connection,
            "files that have failed and yet show a photo",
            failed.where(files.c.photo_id.is_not(None)),
        ),
        *_rows(connection, "files that have failed and yet wait", failed.where(files.c.changed)),
    ]


def _cluster_problems(connection: Connection, described_by: str) -> list[str]:
    """Every photo that can be found is in a cell, and the cells are as large as they say."""
    active = connection.scalars(select(clusterings.c.id).where(clusterings.c.active)).all()
    found = _line("clusterings are active at once", active) if len(active) > 1 else []
    fitting = select(clusterings.c.id).where(
        clusterings.c.active, clusterings.c.models == described_by
    )
    for clustering_id in connection.scalars(fitting).all():
        placed = exists().where(
            memberships.c.photo_id == photos.c.id, memberships.c.clustering_id == clustering_id
        )
        outside = _findable(described_by).where(~placed)
        found += _rows(connection, "photos in no cell of the active clustering", outside)
    return found + _line("cells of another size than they say", _wrong_sizes(connection))


def _wrong_sizes(connection: Connection) -> list[str]:
    of_cell = (memberships.c.clustering_id, memberships.c.cell)
    held = select(*of_cell, func.count()).group_by(*of_cell)
    counted = {(row[0], row[1]): row[2] for row in connection.execute(held)}
    sizes = select(centroids.c.clustering_id, centroids.c.cell, centroids.c.size)
    told = {(row[0], row[1]): row[2] for row in connection.execute(sizes) if row[2]}
    wrong = [cell for cell in sorted({*told, *counted}) if told.get(cell) != counted.get(cell)]
    return [f"{cell} of clustering {clustering_id}" for clustering_id, cell in wrong]


def _snapshot_problems(
    connection: Connection, snapshot: Snapshot, models: ModelSet
) -> Iterator[str]:
    """Its files are what was written, and they say what the catalog said at its version."""
    name, origin = f"the snapshot {snapshot.folder.name}", snapshot.manifest.origin
    for file in snapshot.damaged_files():
        yield f"{name} is damaged: {file} is not what was written"
    catalog = connection.execute(select(state)).one()
    if origin.catalog != catalog.catalog_id:
        yield f"{name} is of another catalog"
        return
    if origin.version > catalog.version:
        yield f"{name} is of version {origin.version}, the catalog only of {catalog.version}"
    if snapshot.cells is not None and snapshot.cells.sizes.sum() != len(snapshot.ids):
        yield f"{name} has {snapshot.cells.sizes.sum()} of {len(snapshot.ids)} photos in cells"
    yield from _wrong_ids(connection, snapshot)
    if origin.models == models.identity:
        yield from _wrong_vectors(connection, snapshot, models)


def _wrong_ids(connection: Connection, snapshot: Snapshot) -> list[str]:
    """Of the photos that have not changed since, the snapshot has those that can be found."""
    origin, ids = snapshot.manifest.origin, np.asarray(snapshot.ids)
    ascending = bool((np.diff(ids) > 0).all())
    changed = _ids(connection, _photos().where(photos.c.version > origin.version))
    expected = _findable(origin.models).where(photos.c.version <= origin.version)
    findable, held = _ids(connection, expected), np.setdiff1d(ids, changed)
    return [
        *([] if ascending else ["the snapshot's photos are not in the order of their ids"]),
        *_line("photos that the snapshot lacks", np.setdiff1d(findable, held).tolist()),
        *_line("photos that only the snapshot has", np.setdiff1d(held, findable).tolist()),
    ]


def _wrong_vectors(connection: Connection, snapshot: Snapshot, models: ModelSet) -> list[str]:
    """Photos that have not changed since are placed where the snapshot has them."""
    wrong: list[int] = []
    for start in range(0, len(snapshot.ids), _CHUNK):
        rows = slice(start, start + _CHUNK)
        stored = _unchanged(connection, snapshot, rows)
        if not stored:
            continue
        ids, captions_of, pictures_of = zip(*stored, strict=True)
        placed = models.place(_vectors(captions_of), _vectors(pictures_of))
        held = start + np.searchsorted(snapshot.ids[rows], ids)
        shares, scales = snapshot.shares[held, :2], snapshot.shares[held, 2]
        apart = [
            np.abs(placed[0] - snapshot.fused[held]).max(1),
            np.abs(placed[1] - snapshot.caption[held] * scales[:, None]).max(1) - scales / 2,
            np.abs(shares_of(*placed) - shares).max(1),
        ]
        far = [distances > _TOLERANCE for distances in apart]
        wrong += np.array(ids)[np.logical_or.reduce(far)].tolist()
    return _line("photos whose vectors in the snapshot are not the catalog's", wrong)


def _unchanged(
    connection: Connection, snapshot: Snapshot, rows: slice
) -> list[tuple[int, bytes, bytes]]:
    """Photos of these rows that have not changed since, with both embeddings, by id."""
    ids = snapshot.ids[rows]
    said, seen = embeddings.alias(), embeddings.alias()
    query = (
        select(photos.c.id, said.c.vector, seen.c.vector)
        .join(said, (said.c.photo_id == photos.c.id) & (said.c.signal == "caption"))
        .join(seen, (seen.c.photo_id == photos.c.id) & (seen.c.signal == "picture"))
        .where(photos.c.id.between(int(ids[0]), int(ids[-1])))
        .where(photos.c.version <= snapshot.manifest.origin.version)
        .order_by(photos.c.id)
    )
    known = set(ids.tolist())
    size = snapshot.manifest.dimension * _STORED.itemsize
    return [
        (row[0], row[1], row[2])
        for row in connection.execute(query)
        if row[0] in known and len(row[1]) == len(row[2]) == size
    ]


def _vectors(stored: Collection[bytes]) -> Floats:
    return np.stack([np.frombuffer(vector, _STORED) for vector in stored]).astype(np.float32)


def _photos() -> Select[int]:
    return select(photos.c.id)


def _findable(described_by: str) -> Select[int]:
    return _photos().where(
        photos.c.described_by == described_by, exists().where(files.c.photo_id == photos.c.id)
    )


def _ids(connection: Connection, query: Select[int]) -> Ids:
    return np.array(connection.scalars(query).all(), np.int64)


def _rows(connection: Connection, what: str, query: Select[Any]) -> list[str]:
    return _line(what, connection.scalars(query).all())


def _line(what: str, rows: Collection[object]) -> list[str]:
    """What is wrong and the first of where; nothing where there is no such thing."""
    if not rows:
        return []
    shown = ", ".join(str(row) for row in list(rows)[:_SHOWN])
    more = len(rows) - _SHOWN
    return [f"{what}: {shown}{f' and {more} more' if more > 0 else ''}"]
