"""The HTTP API and the page, over one library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from wordsight import __version__
from wordsight.library import Library
from wordsight.memory import give_back
from wordsight.server.access import KeyCheck
from wordsight.server.answers import Refusal
from wordsight.server.bodies import BodyLimit
from wordsight.server.headers import SafetyHeaders
from wordsight.server.hosts import HostCheck
from wordsight.server.metrics import Timing
from wordsight.server.origins import OriginCheck
from wordsight.server.refusals import add_refusals
from wordsight.server.routes import clusters, health, photos, pictures, search, stats
from wordsight.server.serving import Serving
from wordsight.server.settings import Settings

PAGE = Path(str(files("wordsight.server") / "page"))
API = "/api/v1"

_GIVEN_BACK_SECONDS = 30.0

_ROUTES = (search, photos, pictures, clusters, stats, health)
_REFUSALS = {
    404: "there is nothing of that kind (any more)",
    409: "the library cannot be used as it is",
    422: "the request cannot be answered as it was asked",
    429: "too many requests are waiting",
    503: "the server is too busy",
}


def create_app(library: Library, settings: Settings | None = None) -> FastAPI:
    """The application."""
    settings = settings or Settings()
    app = FastAPI(
        title="wordsight",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        lifespan=_lifespan,
    )
    app.state.serving = Serving(library, settings)
    _add_checks(app, settings)
    add_refusals(app)
    app.include_router(_api())
    app.mount("/", StaticFiles(directory=PAGE, html=True), name="page")
    return app


def _add_checks(app: FastAPI, settings: Settings) -> None:
    """The last one is asked first."""
    app.add_middleware(BodyLimit, settings.upload_megabytes, settings.upload_seconds)
    app.add_middleware(OriginCheck)
    if settings.keys is not None:
        app.add_middleware(KeyCheck, settings.keys)
    app.add_middleware(HostCheck, settings.hosts, settings.addresses)
    app.add_middleware(SafetyHeaders)
    app.add_middleware(Timing, app.state.serving.metrics)


def _api() -> APIRouter:
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": Refusal, "description": why} for code, why in _REFUSALS.items()
    }
    api = APIRouter(prefix=API, responses=refusals)
    for route in _ROUTES:
        api.include_router(route.router)
    return api


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    giving_back = asyncio.create_task(_give_back())
    yield
    giving_back.cancel()
    with suppress(asyncio.CancelledError):
        await giving_back
    app.state.serving.close()


async def _give_back() -> None:
    """What threads freed lies between what is in use, and adds up over hours of changes."""
    while True:
        await asyncio.sleep(_GIVEN_BACK_SECONDS)
        await asyncio.to_thread(give_back)
