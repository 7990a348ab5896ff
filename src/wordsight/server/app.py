"""The HTTP API and the page, over one library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware

from wordsight import __version__
from wordsight.errors import LibraryError, PhotoError, QueryError, UnreachableError, WordsightError
from wordsight.library import Library
from wordsight.photos.places import in_store, name_of
from wordsight.search.results import MAX_RESULTS, Hit, Signal

PhotoId = Annotated[int, PathParameter(ge=1, lt=2**63)]
PAGE = Path(str(files("wordsight.server") / "page"))

_SHOWN_AS_IS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
"""By their first bytes; all else is converted, since not every browser shows it."""
_LARGEST_VIEW = 2400
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOR_A_YEAR = {"Cache-Control": "private, max-age=31536000, immutable"}


class FoundPhoto(BaseModel):
    """A photo that a query found.

    `thumbnail` and `image` are paths on this server. `url` opens the photo: it is the store's,
    signed for an hour, or `image` for a photo that no store signs for.
    """

    id: int
    score: float
    caption_score: float
    picture_score: float
    caption: str
    confidence: float
    name: str
    copies: int
    width: int
    height: int
    taken_at: datetime | None
    camera: str | None
    thumbnail: str
    image: str
    url: str


class SearchAnswer(BaseModel):
    """Results, the best first."""

    query: str
    results: list[FoundPhoto]


class Stats(BaseModel):
    """What the library holds."""

    photos: int
    failed: int
    version: str


def create_app(library: Library) -> FastAPI:
    """The application; it answers only requests that name this machine as their host, so
    that no page elsewhere can reach it through a name of its own (DNS rebinding)."""
    app = FastAPI(title="wordsight", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    app.middleware("http")(_add_headers)
    app.add_exception_handler(WordsightError, _explain)
    app.add_exception_handler(Exception, _apologise)
    _add_search(app, library)
    _add_photos(app, library)
    app.mount("/", StaticFiles(directory=PAGE, html=True), name="page")
    return app


def _add_search(app: FastAPI, library: Library) -> None:
    @app.get("/api/v1/search")
    def search(
        q: Annotated[str, Query(max_length=10_000)],
        limit: Annotated[int, Query(ge=1, le=MAX_RESULTS)] = 40,
        by: Signal = "fused",
    ) -> SearchAnswer:
        """Photos that the sentence `q` describes."""
        hits = library.search(q, limit, by)
        return SearchAnswer(query=q, results=[_found(hit, library) for hit in hits])

    @app.get("/api/v1/stats")
    def stats() -> Stats:
        """What the library holds."""
        counts = library.counts()
        return Stats(photos=counts["photos"], failed=counts["failed"], version=__version__)

    @app.get("/api/v1/health")
    def health() -> dict[str, str]:
        """Whether the server is up."""
        return {"status": "ok"}


def _add_photos(app: FastAPI, library: Library) -> None:
    @app.get("/api/v1/photos/{photo_id}/thumbnail", response_class=Response)
    def thumbnail(photo_id: PhotoId) -> Response:
        """A small JPEG."""
        small = library.thumbnail(photo_id)
        if small is None:
            return _missing()
        return Response(small, media_type="image/jpeg", headers=_FOR_A_YEAR)

    @app.get("/api/v1/photos/{photo_id}/image", response_class=Response)
    def image(photo_id: PhotoId) -> Response:
        """The photo itself, or a JPEG of it where a browser might not show its format."""
        detail = library.photo(photo_id)
        if detail is None:
            return _missing()
        data = library.original(detail)
        kind = next((k for head, k in _SHOWN_AS_IS.items() if data.startswith(head)), None)
        if kind is None:
            data, kind = library.picture(detail, _LARGEST_VIEW), "image/jpeg"
        return Response(data, media_type=kind, headers=_FOR_A_YEAR)


def _found(hit: Hit, library: Library) -> FoundPhoto:
    base = f"/api/v1/photos/{hit.id}"
    content = hit.sha256[:12]  # ids begin anew in another library, and browsers keep pictures
    image = f"{base}/image?v={content}"
    return FoundPhoto(
        id=hit.id,
        score=hit.score,
        caption_score=hit.caption_score,
        picture_score=hit.picture_score,
        caption=hit.caption,
        confidence=hit.confidence,
        name=name_of(hit.uris[0]),
        copies=len(hit.uris),
        width=hit.width,
        height=hit.height,
        taken_at=hit.taken_at,
        camera=hit.camera,
        thumbnail=f"{base}/thumbnail?v={content}",
        image=image,
        url=(library.url(hit) if all(map(in_store, hit.uris)) else None) or image,
    )


def _missing() -> Response:
    return JSONResponse({"detail": "there is no such photo any more"}, status_code=404)


async def _explain(_request: Request, error: Exception) -> Response:
    kinds = {QueryError: 422, LibraryError: 409, UnreachableError: 503, PhotoError: 404}
    code = next((code for kind, code in kinds.items() if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=code)


async def _apologise(_request: Request, _error: Exception) -> Response:
    """The traceback goes to the server's log, not to the client."""
    return JSONResponse({"detail": "the server failed; its log tells why"}, status_code=500)


async def _add_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
