"""Writes come from this server's own page, or from no page at all.

A browser tells with each write which page made it (`Sec-Fetch-Site`, or `Origin` where that is
not known); other clients send neither, and cannot be misled into a request.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


class OriginCheck:
    """Refuses what a page of another origin asks to change."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in READS:
            headers = Headers(scope=scope)
            if not _is_own(headers):
                refusal = JSONResponse({"detail": "another page may not change anything here"}, 403)
                return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in _OWN:
        return False
    return origin is None or urlsplit(origin).netloc == headers.get("host")
