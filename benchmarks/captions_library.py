"""A library of the reference corpus's size, made of real captions, without photos.

69,364 photos are known by five human captions each. The first caption stands for the
caption's signal, the second for the picture's, the third is a query. Encoding takes minutes
and is kept in the cache.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from itertools import islice
from pathlib import Path

import numpy as np

from wordsight import Library
from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.descriptions import PhotoRow
from wordsight.catalog.inventory import Listing
from wordsight.index.store import SnapshotStore
from wordsight.indexing import IndexingJob, model_rows

FILES = ("coco-val2014-captions.json.gz", "flickr30k-captions.json.gz")
_CHUNK = 500


def captions(data: Path) -> list[list[str]]:
    """Five captions of each photo."""
    rows: list[list[str]] = []
    for name in FILES:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            rows += json.load(file).values()
    return rows


def make_library(data: Path, cache: Path) -> tuple[Library, list[str]]:
    """The library, and queries of photos in it."""
    rows = captions(data)
    library = Library(cache / "captions-library")
    identity = hashlib.sha256(library.models.identity.encode()).hexdigest()[:8]
    encoder = library.models.records["encoder"].revision
    library.folder = cache / f"captions-library-{identity}"
    if not (library.folder / "snapshots" / "CURRENT").exists():
        _fill(library, rows, cache / f"captions-{encoder}.npy")
    with Library(library.folder, library.models) as probe:
        assert probe.status().counts["photos"] == len(rows)
    chosen = np.random.default_rng(0).choice(len(rows), 1000, replace=False)
    return Library(library.folder), [rows[i][2] for i in chosen]


def _fill(library: Library, rows: list[list[str]], vectors_path: Path) -> None:
    models = library.models
    if not vectors_path.exists():
        vectors_path.parent.mkdir(parents=True, exist_ok=True)
        both = [models.encoder.encode([row[k] for row in rows]) for k in (0, 1)]
        np.save(vectors_path, np.stack(both))
    said, seen = np.load(vectors_path)
    seen = models.adapter.adapt(seen)
    library.folder.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(sqlite_url(library.folder / "catalog.db"))
    source_id = catalog.inventory.add_source("file:///captions")
    names = [f"file:///captions/{i:06d}.jpg" for i in range(len(rows))]
    catalog.inventory.record_listing(source_id, 1, (Listing(name, 0, "0") for name in names))
    ids = model_rows(models)
    model_ids = catalog.descriptions.register_models(ids)
    waiting = catalog.inventory.waiting(models.identity, retry_failed=False)
    done = 0
    while chunk := list(islice(waiting, _CHUNK)):
        photos = [
            PhotoRow(
                f"{done + i:064d}",
                640,
                480,
                "JPEG",
                None,
                rows[done + i][0],
                -1.0,
                said[done + i],
                seen[done + i],
            )
            for i in range(len(chunk))
        ]
        places = {file.id: photo.sha256 for file, photo in zip(chunk, photos, strict=True)}
        catalog.descriptions.record(photos, places, model_ids, models.identity)
        done += len(chunk)
    store = SnapshotStore(library.folder / "snapshots")
    IndexingJob(catalog, store, models, lambda _: None).publish_if_changed()
    catalog.close()
