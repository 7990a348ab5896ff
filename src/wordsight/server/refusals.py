"""Errors as answers: a status that fits, and one line that says what to do."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from wordsight.errors import LibraryError, PhotoError, QueryError, UnreachableError, WordsightError
from wordsight.server.lanes import OverloadError
from wordsight.server.serving import MissingError

_STATUS = {QueryError: 422, LibraryError: 409, UnreachableError: 503, PhotoError: 404}


def add_refusals(app: FastAPI) -> None:
    """Answer every error."""
    app.add_exception_handler(WordsightError, _explain)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(MissingError, _missing)
    app.add_exception_handler(OverloadError, _too_much)
    app.add_exception_handler(Exception, _apologise)


async def _explain(_request: Request, error: Exception) -> Response:
    code = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=code)


async def _misunderstood(_request: Request, error: Exception) -> Response:
    """All answers with errors have one form."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("query", "body", "path"))
    detail = f"{where}: {first['msg']}" if where else str(first["msg"])
    return JSONResponse({"detail": detail}, status_code=422)


async def _missing(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=404)


async def _too_much(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OverloadError)
    headers = {"Retry-After": str(error.retry_after)}
    return JSONResponse({"detail": str(error)}, status_code=error.code, headers=headers)


async def _apologise(_request: Request, _error: Exception) -> Response:
    """The traceback goes to the server's log, not to the client."""
    return JSONResponse({"detail": "the server failed; its log tells why"}, status_code=500)
