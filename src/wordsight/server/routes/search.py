"""Photos by what they show."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from wordsight.errors import QueryError
from wordsight.search.results import MAX_RESULTS, Signal
from wordsight.server.answers import SearchAnswer
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
) -> Response:
    """Photos that the sentence `q` describes, the best first."""
    return as_json(await served.search(_search, served, q, limit, offset, by))


def _search(served: Serving, q: str, limit: int, offset: int, by: Signal) -> SearchAnswer:
    wanted = up_to(limit, offset)
    hits = served.library.search(q, min(wanted + 1, MAX_RESULTS), by)
    return SearchAnswer(
        query=q,
        limit=limit,
        offset=offset,
        more=len(hits) > wanted,
        results=[served.shower.found(hit) for hit in hits[offset:wanted]],
    )


def up_to(limit: int, offset: int) -> int:
    """How many results are needed.

    Raises:
        QueryError: more than there ever are.
    """
    if limit + offset > MAX_RESULTS:
        raise QueryError(f"limit and offset together may be at most {MAX_RESULTS}")
    return limit + offset
