"""How well sentences find their photos, and photos their sentences."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Collection as Holding
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.catalog.texts import PhotoText, words_in
from wordsight.evaluation.query_forms import head_word, names_unseen, noun_phrase
from wordsight.evaluation.rank_figures import Figures, figures_of, ndcg
from wordsight.index.build import SnapshotBuilder
from wordsight.index.clustering import fit_clustering
from wordsight.index.nearest import nearest
from wordsight.index.snapshot import Origin, Snapshot
from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection
from wordsight.pipeline.describe import Description, decode_for_models, describe
from wordsight.search.word_scores import Wording, rarity

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Scores = Callable[[Sequence[str]], Floats]
"""Of sentences with all photos of the gallery, `[q, n]`."""

FUSED = "fused"
SEARCH = "fused and words, as searched"
_BATCH = 32
_WORST = 24


@dataclass(frozen=True)
class Row:
    """Figures of one signal, for one kind of query."""

    signal: str
    queries: str
    figures: Figures


@dataclass(frozen=True)
class Failure:
    """A caption whose photo (by its place in the collection) was found late or not at all, and
    the photos that came first."""

    caption: str
    photo: int
    rank: int
    first: tuple[int, ...]


@dataclass(frozen=True)
class RetrievalReport:
    """`text_to_image` is by signal and kind of query, `image_to_text` by signal; `through_index`
    is the share of the ten best by exact search that the cells of an index find."""

    collection: str
    gallery: int
    captions: int
    models: str
    precision: str
    text_to_image: tuple[Row, ...]
    image_to_text: tuple[Row, ...]
    through_index: float
    unseen_of: str
    failures: tuple[Failure, ...]
    said: tuple[str, ...]


class Gallery:
    """Described photos, and the ways to score sentences against them."""

    def __init__(self, described: Sequence[Description], models: ModelSet) -> None:
        self.models = models
        self.said = [one.caption for one in described]
        self.plain = np.stack([one.caption_vector for one in described])
        seen = np.stack([one.picture_vector for one in described])
        self.fused, self.caption, self.picture = models.place(self.plain, seen)
        self._texts = [PhotoText(words_in(caption), []) for caption in self.said]
        self._holding: defaultdict[str, list[int]] = defaultdict(list)
        for photo, text in enumerate(self._texts):
            for word in set(text.caption):
                self._holding[word].append(photo)

    def signals(self) -> dict[str, Scores]:
        """By name."""
        encode = self.models.encode_queries
        return {
            "caption, as the original system": lambda q: (
                self.models.encoder.encode(q) @ self.plain.T
            ),
            "caption, adapted": lambda q: encode(q) @ self.caption.T,
            "words": lambda q: self.words(q)[0],
            "picture": lambda q: encode(q) @ self.picture.T,
            FUSED: lambda q: encode(q) @ self.fused.T,
            SEARCH: lambda q: encode(q) @ self.fused.T + self.words(q)[1],
        }

    def words(self, sentences: Sequence[str]) -> tuple[Floats, Floats]:
        """The share of its words that each photo's caption has, and what they add to a search,
        `[q, n]` each."""
        shares, added = np.zeros((2, len(sentences), len(self.said)), np.float32)
        for row, sentence in enumerate(sentences):
            told = Wording.of([sentence], self._rarity)
            for photo in {photo for word in told.words for photo in self._holding[word]}:
                shares[row, photo] = told.share(self._texts[photo])
                added[row, photo] = told.score(self._texts[photo])
        return shares, added

    def _rarity(self, word: str) -> float:
        return rarity(len(self._holding[word]), len(self.said))


def evaluate_retrieval(
    collection: Collection,
    models: ModelSet,
    tick: Callable[[int], None],
    known_words: Holding[str] | None = None,
) -> RetrievalReport:
    """Describe the collection's photos, then search them, exactly, by every human caption.

    Args:
        collection: the gallery is all of its photos.
        models: are measured.
        tick: is told how many photos were just described.
        known_words: those of training captions; None is what the captioner knows.

    Raises:
        PhotoError: a photo of the collection cannot be decoded.
    """
    gallery = Gallery(describe_all(collection, models, tick), models)
    captions, owners = collection.captions, np.array(collection.caption_owners, np.int64)
    known = frozenset(known_words or models.captioner.vocabulary.words)
    graded = relevance(gallery, captions, owners)
    searched = gallery.signals()[SEARCH](captions)
    return RetrievalReport(
        collection=collection.name,
        gallery=len(collection),
        captions=len(captions),
        models=models.identity,
        precision=models.precision,
        text_to_image=tuple(_text_to_image(gallery, captions, owners, graded, known)),
        image_to_text=tuple(_image_to_text(gallery, captions, owners)),
        through_index=_through_index(gallery, captions),
        unseen_of="the training captions" if known_words else "the words of the captioner",
        failures=_failures(captions, owners, searched),
        said=tuple(gallery.said),
    )


def own_ranks(scores: Floats, owners: Ids) -> Ids:
    """How many photos stand before each query's own, ties counting against it, `[q]`."""
    own = scores[np.arange(len(scores)), owners]
    before: Ids = (scores >= own[:, None]).sum(1) - 1
    return before


def _text_to_image(
    gallery: Gallery,
    captions: Sequence[str],
    owners: Ids,
    graded: Floats,
    known: frozenset[str],
) -> list[Row]:
    unseen = np.array([names_unseen(caption, known) for caption in captions])
    kinds = {
        "caption": captions,
        "noun phrase": [noun_phrase(caption) for caption in captions],
        "one word": [head_word(caption) for caption in captions],
    }
    rows = []
    for kind, queries in kinds.items():
        for signal, score in gallery.signals().items():
            scores = score(queries)
            ranks, gained = own_ranks(scores, owners), ndcg(scores, graded)
            rows.append(Row(signal, kind, figures_of(ranks, owners, gained)))
            for name, chosen in {"seen words only": ~unseen, "an unseen word": unseen}.items():
                if kind == "caption" and chosen.any():
                    part = figures_of(ranks[chosen], owners[chosen], gained[chosen])
                    rows.append(Row(signal, f"caption, {name}", part))
    return rows


def _image_to_text(gallery: Gallery, captions: Sequence[str], owners: Ids) -> list[Row]:
    """Each photo ranks all captions; it has found its own with the first of them."""
    photos = np.arange(len(gallery.said))
    rows = []
    for signal, score in gallery.signals().items():
        scores = score(captions).T
        own = np.where(owners[None] == photos[:, None], scores, -np.inf).max(1)
        others = np.where(owners[None] == photos[:, None], -np.inf, scores)
        before = (others >= own[:, None]).sum(1).astype(np.int64)
        rows.append(Row(signal, "photo", figures_of(before, photos)))
    return rows


def relevance(gallery: Gallery, captions: Sequence[str], owners: Ids) -> Floats:
    """How alike a caption is to the other captions of each photo, by the sentence encoder: mean
    cosine, 0 at least, `[q, n]`."""
    vectors = gallery.models.encoder.encode(captions)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, 0)
    belongs = np.zeros((len(captions), len(gallery.said)), np.float32)
    belongs[np.arange(len(captions)), owners] = 1
    counts = belongs.sum(0)[None] - belongs
    alike: Floats = np.maximum(cosines @ belongs / np.maximum(counts, 1), 0)
    return alike


def _through_index(gallery: Gallery, captions: Sequence[str], count: int = 10) -> float:
    """Recall against exact search of an index over the gallery, made as for large libraries."""
    queries = gallery.models.encode_queries(captions)
    exact = np.argsort(-(queries @ gallery.fused.T), axis=1, kind="stable")[:, :count]
    with tempfile.TemporaryDirectory() as name:
        builder = SnapshotBuilder(Path(name), len(gallery.said), gallery.fused.shape[1], 1)
        builder.ids[:] = np.arange(len(gallery.said))
        builder.fused[:] = gallery.fused
        clustering = fit_clustering(builder.fused, queries[:500])
        membership = builder.assign(clustering)
        origin = Origin("evaluation", gallery.models.identity, 1)
        builder.finish(origin, clustering, membership, queries[:500])
        snapshot = Snapshot(Path(name))
        found = [nearest(snapshot, query, count)[0] for query in queries]
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(exact, found, strict=True)]))


def _failures(captions: Sequence[str], owners: Ids, scores: Floats) -> tuple[Failure, ...]:
    """The captions whose photos are found last, of different photos."""
    ranks = own_ranks(scores, owners)
    worst: dict[int, int] = {}
    for query in np.argsort(-ranks, kind="stable").tolist():
        worst.setdefault(int(owners[query]), query)
        if len(worst) == _WORST:
            break
    return tuple(
        Failure(
            captions[query],
            photo,
            int(ranks[query]) + 1,
            tuple(np.argsort(-scores[query], kind="stable")[:3].tolist()),
        )
        for photo, query in worst.items()
    )


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
