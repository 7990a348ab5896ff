"""Who may do what: a key in each request, where keys are demanded."""

from __future__ import annotations

import base64
import binascii

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from wordsight.server.keys import Keys
from wordsight.server.origins import READS

_OPEN = frozenset({"/api/v1/health"})
_QUESTIONS = frozenset({"/api/v1/search"})
"""That a photo may be sent to, but nothing is changed by."""
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="wordsight", charset="UTF-8"'}
"""A browser asks for a name, which may be anything, and a password: the key."""


class KeyCheck:
    """Refuses requests without a key (`Authorization: Bearer KEY`, or Basic with the key as
    password), and writes with one for reading."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = await self._refusal(scope)
            if refusal is not None:
                return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        if scope["path"] in _OPEN:
            return None
        secret = secret_of(Headers(scope=scope).get("authorization", ""))
        role = None if secret is None else await run_in_threadpool(self._keys.role_of, secret)
        if role is None:
            return JSONResponse(
                {"detail": "a key is needed; `wordsight keys add NAME` makes one"}, 401, _CHALLENGE
            )
        if role != "write" and _is_write(scope):
            return JSONResponse({"detail": "this key is for reading only"}, 403)
        return None


def secret_of(authorization: str) -> str | None:
    """The key in a header; None if there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        told = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return told.partition(":")[2] or None


def _is_write(scope: Scope) -> bool:
    return scope["method"] not in READS and scope["path"] not in _QUESTIONS
