"""For those who watch over the server."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

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


@router.get("/metrics", response_class=Response)
async def metrics(served: Served) -> Response:
    """For Prometheus: how long requests and stages take, queues, caches, the index's age."""
    return await served.looks(_metrics, served)


def _metrics(served: Serving) -> Response:
    served.look_at_gauges()
    return Response(generate_latest(served.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _ready(served: Serving) -> None:
    served.library.search("a photo", limit=1)
