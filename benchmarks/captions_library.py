"""A library of the reference corpus's size, made of real captions, without photos.

About 69,000 photos are known by five human captions each. The first caption stands for the
caption's signal, the second for the picture's, the third is a query. Encoding takes minutes
and is kept in the cache.
"""

from __future__ import annotations

import gzip
import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np

from wordsight import Library
from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.inventory import Listing
from wordsight.catalog.storing import PhotoRow
from wordsight.index.build import probe_queries
from wordsight.index.snapshot import FORMAT
from wordsight.index.store import SnapshotStore
from wordsight.indexing import IndexingJob
from wordsight.models.packaged import ModelSet
from wordsight.recording import model_rows

FILES = ("coco-val2014-captions.json.gz", "flickr30k-captions.json.gz")
_CHUNK = 500


def captions(data: Path) -> list[list[str]]:
    """Five captions of each photo; those whose captions probes are chosen on are left out."""
    held_out = set(probe_queries())
    rows: list[list[str]] = []
    for name in FILES:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            rows += json.load(file).values()
    return [row for row in rows if not held_out & {" ".join(text.split()) for text in row}]


def make_library(data: Path, cache: Path) -> tuple[Library, list[str]]:
    """The library, and queries of photos in it."""
    rows = captions(data)
    models = ModelSet()
    folder = cache / f"captions-library-{models.identity}-{FORMAT}"
    if not folder.exists():
        aside = folder.with_suffix(".part")
        shutil.rmtree(aside, ignore_errors=True)
        _fill(aside, models, rows, cache / f"captions-{models.records['encoder'].revision}.npy")
        aside.rename(folder)
    chosen = np.random.default_rng(0).choice(len(rows), 1000, replace=False)
    return Library(folder, models), [rows[i][2] for i in chosen]


def _fill(folder: Path, models: ModelSet, rows: list[list[str]], vectors_path: Path) -> None:
    if not vectors_path.exists():
        vectors_path.parent.mkdir(parents=True, exist_ok=True)
        both = [models.encoder.encode([row[k] for row in rows]) for k in (0, 1)]
        np.save(vectors_path, np.stack(both))
    said, seen = np.load(vectors_path)
    seen = models.adapter.adapt(seen)
    folder.mkdir(parents=True)
    catalog = Catalog(sqlite_url(folder / "catalog.db"))
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
    store = SnapshotStore(folder / "snapshots")
    IndexingJob(catalog, store, models, lambda _: None).publisher.publish()
    catalog.close()
