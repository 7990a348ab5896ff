"""What happens to a catalog, in a line each: list, describe, fail, look."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select

from wordsight.catalog import Catalog
from wordsight.catalog.clustering_rows import ClusteringRow
from wordsight.catalog.descriptions import Floats, ModelRow
from wordsight.catalog.inventory import Listing
from wordsight.catalog.memberships import Members
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.catalog.schema import memberships, metadata
from wordsight.catalog.storing import PhotoRow, Placed

FOLDER = "file:///photos"
DIMENSION = 384
MODELS = "models-1"


def content_hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def unit_vector(*seed: str) -> Floats:
    number = int.from_bytes(hashlib.sha256("/".join(seed).encode()).digest()[:8])
    vector = np.random.default_rng(number).normal(size=DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def photo_row(content: str, described_by: str = MODELS) -> PhotoRow:
    return PhotoRow(
        sha256=content_hash(content),
        width=640,
        height=480,
        format="JPEG",
        caption=f"{content} by {described_by}",
        confidence=-0.5,
        caption_vector=unit_vector(content, described_by, "caption"),
        picture_vector=unit_vector(content, described_by, "picture"),
        metadata=MetadataRow(taken_at=datetime(2019, 7, 14, 18, 3, 59), read_by=1),
    )


def model_rows(described_by: str = MODELS) -> list[ModelRow]:
    kinds = ("captioner", "encoder", "projection")
    return [ModelRow(kind, f"a {kind}", described_by) for kind in kinds]


def list_folder(
    catalog: Catalog, files: Mapping[str, str] | Iterable[str], folder: str = FOLDER
) -> int:
    """A run over `folder` that sees `files` (by fingerprint); returns how many it forgot."""
    seen = files if isinstance(files, Mapping) else dict.fromkeys(files, "fingerprint")
    inventory = catalog.inventory
    source_id = inventory.add_source(folder)
    run = inventory.begin_run()
    rows = [Listing(f"{folder}/{name}", 10, fingerprint) for name, fingerprint in seen.items()]
    assert inventory.record_listing(source_id, run, rows) == len(rows)
    return inventory.sweep(source_id, folder, run)


def waiting(
    catalog: Catalog, described_by: str = MODELS, retry_failed: bool = False
) -> dict[str, int]:
    """Ids of the waiting files by their names."""
    files = list(catalog.inventory.waiting(described_by, retry_failed))
    assert catalog.inventory.count_waiting(described_by, retry_failed) == len(files)
    return {file.uri.rpartition("/")[2]: file.id for file in files}


def describe(
    catalog: Catalog, described_by: str = MODELS, into: int | None = None, **contents: str
) -> None:
    """Describe waiting files, `a="dog"` for file `a` with the content `dog`.

    New photos are put into cells of the clustering `into`, by the length of what they show.
    """
    model_ids = catalog.descriptions.register_models(model_rows(described_by))
    ids = waiting(catalog, described_by, retry_failed=True)
    places = {ids[name]: content_hash(content) for name, content in contents.items()}
    known = catalog.descriptions.described(list(places.values()), described_by)
    fresh = sorted({content for content in contents.values() if content_hash(content) not in known})
    rows = [photo_row(content, described_by) for content in fresh]
    placed = None if into is None else placed_by_length(into, fresh)
    catalog.descriptions.record(rows, places, model_ids, described_by, placed)


def placed_by_length(clustering_id: int, contents: Sequence[str]) -> Placed:
    lengths = np.array([len(content) for content in contents], np.int64)
    return Placed(clustering_id, lengths % 3, lengths.astype(np.float32) / 8)


def fail(catalog: Catalog, name: str, reason: str = "damaged", described_by: str = MODELS) -> None:
    file_id = waiting(catalog, described_by, retry_failed=True)[name]
    catalog.inventory.record_failures([(file_id, "decode", reason)])


def photo_id(catalog: Catalog, content: str, described_by: str = MODELS) -> int:
    sha256 = content_hash(content)
    return catalog.descriptions.described([sha256], described_by)[sha256]


def findable(catalog: Catalog, described_by: str = MODELS, newer_than: int = -1) -> list[int]:
    return catalog.descriptions.vectors(described_by, newer_than).ids.tolist()


def clustering_row(
    cells: int = 3, models: str = MODELS, automatic: bool = True, seed: int = 0
) -> ClusteringRow:
    """A clustering of vectors that nobody has: what it says is not what is tested."""
    random = np.random.default_rng(seed)
    return ClusteringRow(
        models=models,
        method="pca+kmeans",
        parameters={"cells": cells, "seed": seed},
        quality={"imbalance": 1.25, "distance": 0.1 + seed},
        photos=6,
        automatic=automatic,
        mean=random.normal(size=8).astype(np.float32),
        components=random.normal(size=(2, 8)).astype(np.float32),
        variances=np.array([0.75, 0.125], np.float32),
        centroids=random.normal(size=(cells, 2)).astype(np.float32),
        groups=np.arange(cells) // 2,
    )


def members(cells: Mapping[int, int], distances: Mapping[int, float] | None = None) -> Members:
    """Photos by id with their cells, and with their squared distances, 0.5 by default."""
    far = [(distances or {}).get(photo, 0.5) for photo in cells]
    return Members(
        np.array(list(cells), np.int64),
        np.array(list(cells.values()), np.int64),
        np.array(far, np.float32),
    )


def cells_of(catalog: Catalog, clustering_id: int) -> dict[int, int]:
    """All memberships of a clustering: cells by photo, whether it is findable or not."""
    query = select(memberships.c.photo_id, memberships.c.cell).where(
        memberships.c.clustering_id == clustering_id
    )
    with catalog.engine.connect() as connection:
        return {row.photo_id: row.cell for row in connection.execute(query)}


def assert_sizes_are_right(catalog: Catalog) -> None:
    """Each cell of each clustering is as large as it says, and there are no memberships else."""
    known = [head.id for head in catalog.clusterings.heads()]
    for clustering_id in known:
        held = Counter(cells_of(catalog, clustering_id).values())
        told = {row.cell: row.size for row in catalog.clusterings.cells(clustering_id) if row.size}
        assert told == dict(held)
    with catalog.engine.connect() as connection:
        assert set(connection.scalars(select(memberships.c.clustering_id))) <= set(known)


def schema_differences(connection: Connection) -> list[Any]:
    """Between a database and the code; without the indexes of words, of which each kind of
    database has its own."""

    def compared(_item: object, name: str | None, *_: object) -> bool:
        return not (name or "").startswith("words")

    options = {"include_object": compared}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
