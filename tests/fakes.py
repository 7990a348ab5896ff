"""A library whose models are fake and quick; its database, files and snapshots are real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.catalog.steps import FOLDER, content_hash, list_folder, model_rows, photo_row, waiting
from tests.made_once import empty_catalog
from wordsight import publishing
from wordsight.catalog import Catalog, sqlite_url
from wordsight.index import probing
from wordsight.index.build import EXACT_BELOW
from wordsight.index.store import SnapshotStore
from wordsight.publishing import Publisher
from wordsight.search.in_database import DatabaseSearcher
from wordsight.search.results import PhotoSearcher
from wordsight.search.searcher import Searcher

DIMENSION = 32


@cache
def direction(word: str) -> np.ndarray:
    """Where a word points, drawn from its letters."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    return np.random.default_rng(seed).normal(size=DIMENSION)


def said(text: str) -> np.ndarray:
    """A sentence lies in the middle of its words."""
    return unit(sum(direction(word) for word in text.lower().split()))


def seen(text: str) -> np.ndarray:
    """A picture of what a sentence says, with something of its own."""
    return unit(said(text) + 0.1 * direction(f"the picture of {text}"))


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector, axis=-1, keepdims=True)).astype(np.float32)


def sentences(count: int, first: int = 0, subjects: int = 8) -> list[str]:
    """What so many photos show: a few subjects in many places, no two the same."""
    return [f"subject{i % subjects} place{i % 31} number{i}" for i in range(first, first + count)]


def choose_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells to probe are chosen on a few queries, which are timed only for show."""
    queries = [f"{text} seen" for text in sentences(30, first=10_000)]
    monkeypatch.setattr(publishing, "probe_queries", lambda: queries)
    monkeypatch.setattr(probing, "_TIMED", 2)
    monkeypatch.setattr(probing, "_PHOTOS_AS_QUERIES", 20)


class FakeModels:
    """Stands for the packaged models where a test is not about them."""

    def __init__(self, identity: str = "fake-models-1") -> None:
        self.identity = identity
        self.other_encoder = None
        self.sees = True
        self.encoder = SimpleNamespace(dimension=DIMENSION)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([said(text) for text in texts])

    def place(self, caption: np.ndarray, picture: np.ndarray) -> tuple[np.ndarray, ...]:
        return unit(caption + picture), caption, picture


class FakeLibrary:
    """Photos of one folder, each of which shows the sentence that it contains."""

    def __init__(
        self,
        folder: Path,
        models: FakeModels | None = None,
        exact_below: int = EXACT_BELOW,
        url: str | None = None,
    ) -> None:
        """In SQLite; with the URL of a catalog in PostgreSQL, that is searched itself."""
        self.folder, path = folder, folder / "catalog.db"
        folder.mkdir(parents=True, exist_ok=True)
        if url is None and not path.exists():
            path.write_bytes(empty_catalog())
        self.models = models or FakeModels()
        self.url = url
        self.catalog = Catalog(url or sqlite_url(path))
        self.store = SnapshotStore(folder / "snapshots")
        self.exact_below = exact_below
        self.publisher = self.new_publisher()
        self.searcher = self.new_searcher()

    def new_publisher(self) -> Publisher:
        """As each run has one of its own."""
        return Publisher(self.catalog, self.store, self.models, self.exact_below)

    def new_searcher(self) -> PhotoSearcher:
        if self.url is not None:
            return DatabaseSearcher(self.catalog, self.models)
        return Searcher(self.catalog, self.store, self.models)

    def hold(self, files: Mapping[str, str] | Iterable[str], folder: str = FOLDER) -> None:
        """The folder holds these files and no others: names with what they show, or what they
        show alone. What is new is described, and put into cells, as the indexing job does it."""
        contents = files if isinstance(files, Mapping) else {text: text for text in files}
        list_folder(self.catalog, contents, folder)
        ids = waiting(self.catalog, self.models.identity)
        self.describe({ids[name]: contents[name] for name in ids if name in contents})

    def describe(self, contents: Mapping[int, str]) -> None:
        """Describe files, by id, in one batch."""
        descriptions, identity = self.catalog.descriptions, self.models.identity
        places = {file_id: content_hash(text) for file_id, text in contents.items()}
        known = descriptions.described(list(places.values()), identity)
        fresh = sorted({text for text in contents.values() if content_hash(text) not in known})
        rows = [
            replace(photo_row(text), caption_vector=said(text), picture_vector=seen(text))
            for text in fresh
        ]
        placed = self.publisher.clusters.place(rows) if rows else None
        model_ids = descriptions.register_models(model_rows(identity))
        if places:
            descriptions.record(rows, places, model_ids, identity, placed)

    def found(
        self, query: str, limit: int = 20, searcher: PhotoSearcher | None = None
    ) -> list[str]:
        """Names of the files that a query finds, the best first."""
        hits = (searcher or self.searcher).search(query, limit)
        return [uri.rpartition("/")[2] for hit in hits for uri in hit.uris[:1]]

    def current(self) -> str:
        """The current snapshot's name."""
        folder = self.store.current()
        return "" if folder is None else folder.name

    def close(self) -> None:
        self.catalog.close()
