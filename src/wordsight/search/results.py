"""What a search is asked and what it answers, wherever it looks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.descriptions import Descriptions, PhotoDetail
from wordsight.catalog.filters import Conditions
from wordsight.errors import QueryError
from wordsight.index.nearest import top
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Found = tuple[int, float, float, float]
"""Photo id, score, the caption's score, the picture's."""

Signal = Literal["fused", "caption", "picture"]
Match = Literal["strong", "weak", "none"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
MAX_RESULTS = 1000


@dataclass(frozen=True, kw_only=True)
class Hit(PhotoDetail):
    """A photo that a query found.

    `score` is the cosine of the query with the signal that was searched, and `words_score` more
    for words of the query in its caption, names and tags; `caption_score` and `picture_score` tell
    what each signal alone says. `likelihood` is that of showing what was asked for, `match` what
    that comes to; None where it cannot be told, as of photos like a photo. `alike` counts the
    library's near-duplicates of it, for which it stands.
    """

    score: float
    caption_score: float
    picture_score: float
    words_score: float = 0.0
    likelihood: float | None = None
    match: Match | None = None
    alike: int = 0


class Selection:
    """The photos among which is searched: those that meet conditions.

    Args:
        conditions: as SQL states them.
        ids: of the photos that meet them, ascending int64; found when they are first needed.
    """

    def __init__(self, conditions: Conditions, find: Callable[[Conditions], Ids]) -> None:
        self.conditions = conditions
        self._find = find

    @cached_property
    def ids(self) -> Ids:
        return self._find(self.conditions)


class PhotoSearcher(ABC):
    """Finds photos by sentences and vectors. Safe to share between threads."""

    def __init__(self, catalog: Catalog, models: ModelSet) -> None:
        self._catalog = catalog
        self._models = models

    def search(self, text: str, limit: int = 20, signal: Signal = "fused") -> list[Hit]:
        """The photos that a plain sentence describes best, the best first.

        Raises:
            QueryError: the text is empty, or limit or signal are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """
        check_text(text)
        check(limit, signal)
        self.require()
        found = self.ranked(self.encode(text), limit, signal)
        return hits(self._catalog.descriptions, found)

    def encode(self, text: str) -> Floats:
        """A sentence as it is compared with photos: unit float32 `[384]`."""
        vector: Floats = self._models.encode_queries([text])[0]
        return vector

    @abstractmethod
    def require(self) -> None:
        """Tell that there is nothing to search, before a model is loaded.

        Raises:
            LibraryError: nothing is indexed yet, or by other models.
        """

    @abstractmethod
    def ranked(
        self, query: Floats, limit: int, signal: Signal = "fused", among: Selection | None = None
    ) -> list[Found]:
        """The photos nearest to a unit vector `[384]`, the nearest first, of all or of some.

        Raises:
            QueryError: limit or signal are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """

    @abstractmethod
    def scored(self, ids: Sequence[int], query: Floats, signal: Signal = "fused") -> list[Found]:
        """Those of some photos that can be found, with their scores, in no order."""


@dataclass(frozen=True)
class VectorTable:
    """Vectors of n photos, to compare a query with: ids `[n]`, signals `[n, d]` each."""

    ids: Ids
    fused: npt.NDArray[np.floating]
    caption: npt.NDArray[np.floating]
    picture: npt.NDArray[np.floating]

    @classmethod
    def empty(cls) -> VectorTable:
        """Of no photos."""
        nothing = np.empty((0, 0), np.float32)
        return cls(np.empty(0, np.int64), nothing, nothing, nothing)

    def compact(self) -> VectorTable:
        """To be kept: as float16 what most searches compare only to explain a score."""
        halves = (self.caption.astype(np.float16), self.picture.astype(np.float16))
        return VectorTable(self.ids, self.fused, *halves)

    def without(self, ids: Ids) -> VectorTable:
        """The other photos."""
        kept = np.isin(self.ids, ids, invert=True)
        if kept.all():
            return self
        return VectorTable(self.ids[kept], self.fused[kept], self.caption[kept], self.picture[kept])

    def only(self, ids: Ids) -> VectorTable:
        """Those of the photos."""
        if not len(self.ids):
            return self
        kept = np.isin(self.ids, ids)
        return VectorTable(self.ids[kept], self.fused[kept], self.caption[kept], self.picture[kept])

    def joined(self, others: VectorTable) -> VectorTable:
        """These and the others."""
        if not len(self.ids) or not len(others.ids):
            return self if len(self.ids) else others
        mine, theirs = vars(self), vars(others)
        return VectorTable(*(np.concatenate([mine[name], theirs[name]]) for name in mine))

    def best(self, query: Floats, limit: int, signal: Signal) -> list[Found]:
        """The photos nearest to the query by one signal, in no order."""
        if not len(self.ids):
            return []
        return self.scored(top(cosines(getattr(self, signal), query), limit), query, signal)

    def scored(self, rows: Ids, query: Floats, signal: Signal) -> list[Found]:
        """Some of the photos with all their scores."""
        if not len(rows):
            return []
        scores = {name: cosines(getattr(self, name)[rows], query) for name in SIGNALS}
        return with_scores(self.ids[rows], scores, signal)


def with_scores(ids: Ids, scores: Mapping[Signal, Floats], signal: Signal) -> list[Found]:
    """Photos with their cosines, `[n]` for each signal."""
    columns = (ids, scores[signal], scores["caption"], scores["picture"])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def cosines(vectors: npt.NDArray[np.floating], query: Floats) -> Floats:
    """Of unit vectors `[n, d]` with a unit query `[d]`."""
    return np.asarray(vectors, np.float32) @ query


def in_order(found: Iterable[Found], limit: int) -> list[Found]:
    """The best first, of equal ones the older photo."""
    return sorted(found, key=lambda row: (-row[1], row[0]))[:limit]


def hits(descriptions: Descriptions, found: Iterable[Found]) -> list[Hit]:
    """What was found as it is shown; photos that are gone since are left out."""
    rows = list(found)
    details = descriptions.details([photo_id for photo_id, *_ in rows])
    return [
        Hit(**vars(details[photo_id]), score=score, caption_score=said, picture_score=seen)
        for photo_id, score, said, seen in rows
        if photo_id in details
    ]


def nothing_found(catalog: Catalog, models: ModelSet) -> str:
    """What to say where there are no photos to search."""
    if not catalog.descriptions.count_described_by_others(models.identity):
        return "nothing is indexed yet; run `wordsight index FOLDER` first"
    other = models.other_encoder
    if catalog.encoders.chosen() != (None if other is None else str(other.folder)):
        return "the library has another encoder now; start this program again to search by that"
    return (
        "this library was described by other models than the ones installed now; "
        "run `wordsight index` to describe its photos again"
    )


def check_text(text: str) -> None:
    """Refuse an empty query.

    Raises:
        QueryError: the text is empty.
    """
    if not text.strip():
        raise QueryError('the query is empty; describe a photo, as in "two dogs in snow"')


def check(limit: int, signal: str) -> None:
    """Refuse what cannot be asked.

    Raises:
        QueryError: limit or signal are not possible.
    """
    if not 1 <= limit <= MAX_RESULTS:
        raise QueryError(f"the number of results must be from 1 to {MAX_RESULTS}, not {limit}")
    if signal not in SIGNALS:
        raise QueryError(f"there is no signal {signal!r}; choose from {', '.join(SIGNALS)}")
