"""One photo, and what the model saw in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import BaseModel, Field

from wordsight.server.answers import AlikePhotos, Attention, PhotoDetails
from wordsight.server.serving import MissingError, Served, Serving, as_json

router = APIRouter(prefix="/photos/{photo_id}", tags=["photos"])

PhotoId = Annotated[int, Path(ge=1, lt=2**63)]
_SIDE = 7


@router.get("", response_model=PhotoDetails)
async def photo(served: Served, photo_id: PhotoId, place: bool = False) -> Response:
    """All that is known of a photo; where it was taken only if asked for, and allowed."""
    if place and not served.settings.places:
        raise HTTPException(403, "this server does not tell where photos were taken")
    return as_json(await served.search(_photo, served, photo_id, place))


@router.get("/attention", response_model=Attention)
async def attention(served: Served, photo_id: PhotoId) -> Response:
    """Where the model looked at each word of the caption it wrote; computed on demand."""
    return as_json(await served.looks(_attention, served, photo_id))


@router.get("/alike", response_model=AlikePhotos)
async def alike(served: Served, photo_id: PhotoId) -> Response:
    """The near-duplicates of a photo: others of its series, crops, copies encoded again."""
    return as_json(await served.search(_alike, served, photo_id))


class Correction(BaseModel):
    """What a person says that a photo shows."""

    caption: str = Field(max_length=10_000)


@router.put("/caption", response_model=PhotoDetails)
async def correct(served: Served, photo_id: PhotoId, correction: Correction) -> Response:
    """Put a person's caption in the place of the model's; it can be searched by at once."""
    return as_json(await served.writes(_correct, served, photo_id, correction.caption))


@router.delete("/caption", response_model=PhotoDetails)
async def take_back(served: Served, photo_id: PhotoId) -> Response:
    """Show the model's caption again."""
    return as_json(await served.writes(_correct, served, photo_id, None))


def gone() -> MissingError:
    """To be raised."""
    return MissingError("there is no such photo any more")


def _photo(served: Serving, photo_id: int, place: bool) -> PhotoDetails:
    detail = served.library.photo(photo_id)
    if detail is None:
        raise gone()
    return served.shower.details(detail, place)


def _alike(served: Serving, photo_id: int) -> AlikePhotos:
    detail = served.library.photo(photo_id)
    if detail is None:
        raise gone()
    others = served.library.duplicates().of(detail)
    return AlikePhotos(id=photo_id, results=[served.shower.photo(one) for one in others])


def _correct(served: Serving, photo_id: int, caption: str | None) -> PhotoDetails:
    detail = served.library.correct(photo_id, caption)
    if detail is None:
        raise gone()
    return served.shower.details(detail, with_place=False)


def _attention(served: Serving, photo_id: int) -> Attention:
    detail = served.library.photo(photo_id)
    if detail is None:
        raise gone()
    said = served.attention.of(detail.sha256, lambda: served.library.attention(photo_id))
    if said is None:
        raise gone()
    shares = said.attention.astype(float).round(5).reshape(-1, _SIDE, _SIDE)
    return Attention(id=photo_id, words=said.text.split(), attention=shares.tolist())
