"""For those who watch over the server."""

from __future__ import annotations

from fastapi import APIRouter, Response

from wordsight.errors import WordsightError
from wordsight.server.answers import Health, Refusal
from wordsight.server.serving import Served, Serving, as_json

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> Health:
    """Whether the server is up."""
    return Health(status="ok")


@router.get("/ready", response_model=Health, responses={503: {"model": Refusal}})
async def ready(served: Served) -> Response:
    """Whether a search can be answered: there are photos, the models are loaded."""
    if served.closing:
        return Response('{"detail":"the server is going down"}', 503, media_type="application/json")
    try:
        await served.search(_ready, served)
    except WordsightError as error:
        answer = as_json(Refusal(detail=str(error)))
        answer.status_code = 503
        return answer
    return as_json(Health(status="ready"))


def _ready(served: Serving) -> None:
    served.library.search("a photo", limit=1)
