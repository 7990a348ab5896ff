"""How well captions find their own photos: text to image recall."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection
from wordsight.pipeline.describe import Description, decode_for_models, describe

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

RANKS = (1, 5, 10)
_BATCH = 32


@dataclass(frozen=True)
class SignalRecall:
    """Share of queries whose photo is among the first 1, 5 and 10, and the median rank."""

    signal: str
    recall: dict[int, float]
    median_rank: float


@dataclass(frozen=True)
class RetrievalReport:
    """Text to image, each human caption a query, all photos of the collection the gallery."""

    collection: str
    gallery: int
    queries: int
    models: str
    signals: tuple[SignalRecall, ...]


def evaluate_retrieval(
    collection: Collection, models: ModelSet, tick: Callable[[int], None]
) -> RetrievalReport:
    """Describe the collection's photos, then search them, exactly, by every human caption.

    `tick` is told how many photos were just described.

    Raises:
        PhotoError: a photo of the collection cannot be decoded.
    """
    described = describe_all(collection, models, tick)
    said = np.stack([one.caption_vector for one in described])
    seen = np.stack([one.picture_vector for one in described])
    texts = models.encoder.encode(collection.captions)
    fused, adapted_said, _ = models.place(said, seen)
    adapted_texts = models.adapter.adapt(texts)
    owners = np.array(collection.caption_owners, np.int64)
    signals = (
        _recall("caption, as the original system", texts, said, owners),
        _recall("caption, adapted", adapted_texts, adapted_said, owners),
        _recall("picture", adapted_texts, seen, owners),
        _recall("fused", adapted_texts, fused, owners),
    )
    return RetrievalReport(collection.name, len(collection), len(texts), models.identity, signals)


def own_ranks(queries: Floats, gallery: Floats, owners: Ids) -> Ids:
    """How many photos of the gallery stand before each query's own, ties counting against it."""
    scores = queries @ gallery.T
    own = scores[np.arange(len(queries)), owners]
    before: Ids = (scores >= own[:, None]).sum(1) - 1
    return before


def _recall(signal: str, queries: Floats, gallery: Floats, owners: Ids) -> SignalRecall:
    ranks = own_ranks(queries, gallery, owners)
    recall = {k: float((ranks < k).mean()) for k in RANKS}
    return SignalRecall(signal, recall, float(np.median(ranks)) + 1)


def describe_all(
    collection: Collection, models: ModelSet, tick: Callable[[int], None]
) -> list[Description]:
    """What the models say of each photo; `tick` is told how many were just described.

    Raises:
        PhotoError: a photo of the collection cannot be decoded.
    """
    described: list[Description] = []
    photos = collection.read()
    with ThreadPoolExecutor() as pool:
        while batch := list(islice(photos, _BATCH)):
            described += describe(list(pool.map(decode_for_models, batch)), models)
            tick(len(batch))
    return described
