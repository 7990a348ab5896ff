"""The pixels: thumbnails and whole photos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from wordsight.pictures import THUMBNAIL_SIDE
from wordsight.server.routes.photos import PhotoId, gone
from wordsight.server.serving import Served, Serving

router = APIRouter(prefix="/photos/{photo_id}", tags=["pictures"])

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]

_SHOWN_AS_IS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
"""By their first bytes; all else is converted, since not every browser shows it."""
_LARGEST_VIEW = 2400
_FOR_A_YEAR = "private, max-age=31536000, immutable"


@router.get("/thumbnail", response_class=Response)
async def thumbnail(served: Served, photo_id: PhotoId, known: IfNoneMatch = None) -> Response:
    """A small JPEG."""
    return await served.pictures(_thumbnail, served, photo_id, known)


@router.get("/image", response_class=Response)
async def image(served: Served, photo_id: PhotoId, known: IfNoneMatch = None) -> Response:
    """The photo itself, or a JPEG of it where a browser might not show its format."""
    return await served.pictures(_image, served, photo_id, known)


def _thumbnail(served: Serving, photo_id: int, known: str | None) -> Response:
    detail = served.library.photo(photo_id)
    if detail is None:
        raise gone()
    tag = f'"{detail.sha256[:32]}-{THUMBNAIL_SIDE}"'
    if _has(known, tag):
        return _unchanged(tag)
    small = served.library.pictures.thumbnail(detail, served.decoder.thumbnail)
    return _picture(small, "image/jpeg", tag)


def _image(served: Serving, photo_id: int, known: str | None) -> Response:
    detail = served.library.photo(photo_id)
    if detail is None:
        raise gone()
    tag = f'"{detail.sha256[:32]}"'
    if _has(known, tag):
        return _unchanged(tag)
    data = served.library.pictures.original(detail)
    kind = next((k for head, k in _SHOWN_AS_IS.items() if data.startswith(head)), None)
    if kind is None:
        data, kind = served.decoder.thumbnail(data, _LARGEST_VIEW), "image/jpeg"
    return _picture(data, kind, tag)


def _has(known: str | None, tag: str) -> bool:
    tags = [one.strip().removeprefix("W/") for one in (known or "").split(",")]
    return tag in tags or "*" in tags


def _picture(data: bytes, kind: str, tag: str) -> Response:
    return Response(data, media_type=kind, headers={"ETag": tag, "Cache-Control": _FOR_A_YEAR})


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": _FOR_A_YEAR})
