"""Photos by what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Query, Response, UploadFile

from wordsight.errors import PhotoError, QueryError
from wordsight.search.finder import Answer
from wordsight.search.results import MAX_RESULTS, Signal
from wordsight.server.answers import SearchAnswer
from wordsight.server.routes.photos import PhotoId, gone
from wordsight.server.serving import Served, Serving, as_json

router = APIRouter(tags=["search"])

Limit = Annotated[int, Query(ge=1, le=MAX_RESULTS)]
Offset = Annotated[int, Query(ge=0, lt=MAX_RESULTS)]


@router.get("/search", response_model=SearchAnswer)
async def search(
    served: Served,
    q: Annotated[str, Query(max_length=10_000)],
    limit: Limit = 40,
    offset: Offset = 0,
    by: Signal = "fused",
    collapse: bool = True,
) -> Response:
    """Photos that the sentence `q` describes, the best first.

    It may have filters and more (`docs/queries.md`): `beach -people after:2023 folder:holiday`.
    Unless `collapse` is false, the best of near-duplicates stands for all of them.
    """
    served.expect(q)
    return as_json(await served.search(_search, served, q, limit, offset, by, collapse))


@router.post("/search", response_model=SearchAnswer)
async def search_by_photo(
    served: Served,
    photo: Annotated[UploadFile | None, File(description="a photo's bytes")] = None,
    url: Annotated[str, Form(max_length=2000, description="or where it is")] = "",
    q: Annotated[str, Form(max_length=10_000, description="words beside it")] = "",
    limit: Annotated[int, Form(ge=1, le=MAX_RESULTS)] = 40,
    offset: Annotated[int, Form(ge=0, lt=MAX_RESULTS)] = 0,
) -> Response:
    """Photos like the one that is sent, and like the words. It is not kept."""
    if (photo is None) == (not url):
        raise QueryError("send either a photo or the url of one")
    if url and served.settings.fetcher is None:
        raise HTTPException(403, "this server fetches no photos from addresses; send the photo")
    data = b"" if photo is None else await photo.read()
    return as_json(await served.looks(_search_like, served, data, url, q, limit, offset))


@router.get("/photos/{photo_id}/similar", response_model=SearchAnswer)
async def similar(
    served: Served,
    photo_id: PhotoId,
    q: Annotated[str, Query(max_length=10_000)] = "",
    limit: Limit = 40,
    offset: Offset = 0,
) -> Response:
    """Photos like one of the collection, without it, and like the words of `q` where there are any;
    filters are possible as well."""
    return as_json(await served.search(_similar, served, photo_id, q, limit, offset))


def _search(
    served: Serving, q: str, limit: int, offset: int, by: Signal, collapse: bool
) -> SearchAnswer:
    page = Page(q, limit, offset)
    return page.of(served, served.library.find(q, page.needed, by, collapses=collapse))


def _search_like(
    served: Serving, data: bytes, url: str, q: str, limit: int, offset: int
) -> SearchAnswer:
    page = Page(q, limit, offset)
    if served.settings.fetcher is not None and url:
        data = served.settings.fetcher.fetch(url)
    try:
        answer = served.library.find_like(data, q, page.needed, served.decoder.pixels)
    except PhotoError as error:
        raise QueryError(f"cannot search by this photo: {error}") from error
    assert answer is not None
    return page.of(served, answer)


def _similar(served: Serving, photo_id: int, q: str, limit: int, offset: int) -> SearchAnswer:
    page = Page(q, limit, offset)
    answer = served.library.find_like(photo_id, q, page.needed)
    if answer is None:
        raise gone()
    return page.of(served, answer)


@dataclass(frozen=True)
class Page:
    """Some of the results.

    Raises:
        QueryError: more than there ever are.
    """

    query: str
    limit: int
    offset: int

    def __post_init__(self) -> None:
        if self.limit + self.offset > MAX_RESULTS:
            raise QueryError(f"limit and offset together may be at most {MAX_RESULTS}")

    @property
    def needed(self) -> int:
        """How many to look for: one more tells whether there is more."""
        return min(self.limit + self.offset + 1, MAX_RESULTS)

    def of(self, served: Serving, answer: Answer) -> SearchAnswer:
        """The answer, out of the best hits."""
        hits = answer.hits
        end = self.limit + self.offset
        return SearchAnswer(
            query=self.query,
            order=answer.order,
            notes=list(answer.notes),
            limit=self.limit,
            offset=self.offset,
            more=len(hits) > end,
            results=[served.shower.found(hit) for hit in hits[self.offset : end]],
        )
