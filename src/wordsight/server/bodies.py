"""How much may be sent, and for how long."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _TooMuchError(Exception):
    """More is being sent than is allowed, or too slowly."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class BodyLimit:
    """Refuses bodies that are larger, or take longer, whatever their headers say."""

    def __init__(self, app: ASGIApp, megabytes: float, seconds: float) -> None:
        self._app = app
        self._bytes = int(megabytes * 1e6)
        self._seconds = seconds
        self._large = f"at most {megabytes:g} megabytes may be sent"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told) > self._bytes:
            return await JSONResponse({"detail": self._large}, 413)(scope, receive, send)
        try:
            return await self._app(scope, self._limited(receive), send)
        except _TooMuchError as error:
            return await JSONResponse({"detail": str(error)}, error.code)(scope, receive, send)

    def _limited(self, receive: Receive) -> Receive:
        left, until, ended = self._bytes, time.monotonic() + self._seconds, False

        async def limited() -> Message:
            nonlocal left, ended
            if ended:  # what is waited for now is that the client goes
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, until - time.monotonic()))
            except TimeoutError:
                raise _TooMuchError(408, "the request took too long to arrive") from None
            left -= len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if left < 0:
                raise _TooMuchError(413, self._large)
            return message

        return limited
