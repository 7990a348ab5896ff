"""From what a person typed to the photos that are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

import numpy as np

from wordsight.catalog import Catalog
from wordsight.catalog.filters import Conditions
from wordsight.catalog.texts import PhotoText, words_in
from wordsight.errors import QueryError
from wordsight.models.packaged import ModelSet
from wordsight.search.collapsing import collapsed, with_counts
from wordsight.search.explanation import Explanation, explain
from wordsight.search.language import Query, parse
from wordsight.search.likelihood import likelihood, match
from wordsight.search.results import (
    MAX_RESULTS,
    Floats,
    Found,
    Hit,
    PhotoSearcher,
    Selection,
    Signal,
    check,
    hits,
)
from wordsight.search.word_scores import Wording, WordScores

AVOIDED_WEIGHT = 0.5
"""Of what photos shall not show; chosen on Flickr8k's development photos."""
_PHOTO_WEIGHT = 1.0
"""Of a photo that is a query, against words of weight 1 beside it."""
_CANDIDATES = 100
"""At least so many by their vectors are looked through for the query's words."""
_SELECTIONS_KEPT, _SELECTION_SECONDS = 32, 5.0

NOTHING_ALIKE = "nothing in here looks like that; these come nearest"
NOT_ENGLISH = "the models know English; of other languages only names and tags are found"
NOTHING_MEETS = "no photo meets these filters"


@dataclass(frozen=True)
class Answer:
    """What a query found, and what has to be said of it.

    `order` is `likeness`, or `newest` where there is nothing to compare with; `explained` is by
    photo id, empty if no explanations were asked for.
    """

    query: Query
    hits: list[Hit]
    order: Literal["likeness", "newest"] = "likeness"
    notes: tuple[str, ...] = ()
    explained: Mapping[int, Explanation] = field(default_factory=dict)


@dataclass
class _LookedAt:
    """The photos that were compared closely, by id: rows, what words add to each, and its words as
    far as they were looked up."""

    found: dict[int, Found] = field(default_factory=dict)
    added: dict[int, float] = field(default_factory=dict)
    texts: Mapping[int, PhotoText] = field(default_factory=dict)

    def take(
        self,
        found: dict[int, Found],
        texts: Mapping[int, PhotoText],
        wording: Wording,
        without: int | None,
    ) -> None:
        found.pop(without or -1, None)
        self.found, self.texts = found, texts
        self.added = {photo: wording.score(texts.get(photo)) for photo in found}

    def best(self, most: int) -> list[Found]:
        rows = self.found.values()
        return sorted(rows, key=lambda row: (-(row[1] + self.added[row[0]]), row[0]))[:most]

    def text_of(self, hit: Hit) -> PhotoText:
        """A hit's words; of its places the first one's, without a look into the database."""
        known = self.texts.get(hit.id)
        place = unquote(hit.uris[0].rpartition("/")[2])
        return known or PhotoText(words_in(hit.caption), words_in(place))

    def told(self, hit: Hit, wording: Wording, judged: bool) -> Hit:
        """A hit with what the words of the query say of it."""
        added = self.added[hit.id]
        told: dict[str, Any] = {"score": hit.score + added, "words_score": added}
        if judged:
            likely = likelihood(hit.score, wording.share(self.text_of(hit)))
            told |= {"likelihood": likely, "match": match(likely)}
        return Hit(**{**vars(hit), **told})


class Finder:
    """Answers queries in the language of `wordsight.search.language`. Safe to share between
    threads."""

    def __init__(self, catalog: Catalog, models: ModelSet, searcher: PhotoSearcher) -> None:
        self._catalog = catalog
        self._models = models
        self._searcher = searcher
        self._words = WordScores(catalog)
        self._begun = False
        self._selections: dict[tuple[Conditions, int], tuple[float, Selection]] = {}

    def find(
        self,
        text: str,
        limit: int = 20,
        signal: Signal = "fused",
        like: Floats | None = None,
        without: int | None = None,
        explains: bool = False,
        collapses: bool = True,
    ) -> Answer:
        """The photos that a query asks for, the best first.

        Args:
            text: a query; may be empty beside a photo.
            limit: the most results.
            signal: what the query is compared with.
            like: a photo as the query, beside the text: unit float32 `[384]`.
            without: the id of a photo to leave out, as one that is the query.
            explains: whether to tell how each result came about.
            collapses: whether the best of near-duplicates stands for all of them.

        Raises:
            QueryError: the query, the limit or the signal are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """
        check(limit, signal)
        query = Query() if like is not None and not text.strip() else parse(text)
        self._require()
        if signal == "picture" and not self._models.sees:
            raise QueryError("pictures are not compared: the library's encoder knows words only")
        among = self._among(query.conditions)
        if not query.sought and like is None:
            return self._newest(query, limit, collapses)
        by_words = signal == "fused" and like is None
        wording = self._words.wording([part.text for part in query.sought] if by_words else [])
        vector = self._vector(query, like)
        looked_at = _LookedAt()

        def rank(most: int) -> list[Found]:
            wanted = max(most, _CANDIDATES) if wording.rarity or explains else most
            wanted = min(wanted + (without is not None), MAX_RESULTS)
            found = self._candidates(vector, wording, wanted, signal, among)
            texts = self._words.texts_of(list(found)) if wording.rarity else {}
            looked_at.take(found, texts, wording, without)
            return looked_at.best(most)

        shown = self._shown(rank, limit, collapses)
        if by_words:
            judged = self._models.other_encoder is None  # likelihoods are of the packaged space
            shown = [looked_at.told(hit, wording, judged) for hit in shown]
        explained = self._explained(shown, looked_at, wording) if explains else {}
        return Answer(query, shown, notes=_notes(query, shown), explained=explained)

    def _shown(self, rank: Callable[[int], list[Found]], limit: int, collapses: bool) -> list[Hit]:
        descriptions, likenesses = self._catalog.descriptions, self._catalog.likenesses
        if not collapses:
            return hits(descriptions, rank(limit))
        best = collapsed(rank, lambda rows: hits(descriptions, rows), limit)
        return with_counts(best, likenesses)

    def _require(self) -> None:
        """Tell once that there is nothing to search, before a model is loaded; from then on the
        searches tell."""
        if not self._begun:
            self._searcher.require()
            self._begun = True

    def _vector(self, query: Query, like: Floats | None) -> Floats:
        """What photos are compared with."""
        parts = query.parts
        whole = np.zeros(0, np.float32) if like is None else _PHOTO_WEIGHT * like
        if parts:
            weights = [p.weight if p.weight > 0 else AVOIDED_WEIGHT * p.weight for p in parts]
            said = np.array(weights, np.float32) @ self._models.encode_queries(
                [p.text for p in parts]
            )
            whole = said if like is None else whole + said
        return np.asarray(whole / max(float(np.linalg.norm(whole)), 1e-9), np.float32)

    def _candidates(
        self,
        vector: Floats,
        wording: Wording,
        wanted: int,
        signal: Signal,
        among: Selection | None,
    ) -> dict[int, Found]:
        """The nearest by their vectors, and those with rare words of the query, by id."""
        found = {row[0]: row for row in self._searcher.ranked(vector, wanted, signal, among)}
        rare = [photo for photo in wording.rare if photo not in found]
        if rare and among is not None:
            rare = np.intersect1d(rare, among.ids).tolist()
        if rare:
            found |= {row[0]: row for row in self._searcher.scored(rare, vector, signal)}
        return found

    def _explained(
        self, shown: Sequence[Hit], looked_at: _LookedAt, wording: Wording
    ) -> dict[int, Explanation]:
        ids = [hit.id for hit in shown]
        words = {hit.id: wording.shared(looked_at.text_of(hit)) for hit in shown}
        return explain(shown, looked_at.found, words, self._catalog.clusterings.cells_of(ids))

    def _newest(self, query: Query, limit: int, collapses: bool) -> Answer:
        """Nothing to compare with: what was taken last comes first."""

        def rank(most: int) -> list[Found]:
            ids = self._catalog.filtering.newest(query.conditions, most)
            return [(photo, 0.0, 0.0, 0.0) for photo in ids]

        found = self._shown(rank, limit, collapses)
        return Answer(query, found, "newest", () if found else (NOTHING_MEETS,))

    def _among(self, conditions: Conditions) -> Selection | None:
        """The photos that meet the conditions; a page asks for them again as it scrolls."""
        if not conditions:
            return None
        now = time.monotonic()
        key = conditions, self._catalog.descriptions.version()
        found_at, selection = self._selections.get(key, (-np.inf, None))
        if selection is None or now - found_at > _SELECTION_SECONDS:
            selection = Selection(conditions, self._catalog.filtering.ids)
            if len(self._selections) >= _SELECTIONS_KEPT:
                self._selections = {}
            self._selections[key] = now, selection
        return selection


def _notes(query: Query, found: Sequence[Hit]) -> tuple[str, ...]:
    notes = []
    if query.conditions and not found:
        notes.append(NOTHING_MEETS)
    if found and found[0].match == "none":
        notes.append(NOTHING_ALIKE)
    if any(_is_foreign(part.text) for part in query.sought):
        notes.append(NOT_ENGLISH)
    return tuple(notes)


def _is_foreign(text: str) -> bool:
    """Whether most letters are none of the Latin ones."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter >= "\u0250" for letter in letters) * 2 > len(letters)
