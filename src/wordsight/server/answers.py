"""The forms of answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from wordsight.search.results import Match

_LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$"
LocalTime = Annotated[datetime, WithJsonSchema({"type": "string", "pattern": _LOCAL_TIME})]
"""As the camera had it, without a time zone: no `date-time` of JSON schema, which has one."""


class Photo(BaseModel):
    """A photo.

    `corrected` means that a person wrote the caption; `confidence` is the mean token
    log-probability of the model's, and `certainty` the probability, as measured, that it names
    nothing but what people would name; null for a person's. `in_series` tells that others are
    nearly the same. `folder` begins with the indexed folder's own name. `thumbnail` and `image` are
    paths on this server; `url` opens the photo: it is the store's, signed for an hour, or `image`
    for a photo that no store signs for.
    """

    id: int
    caption: str
    corrected: bool
    confidence: float
    certainty: float | None
    name: str
    folder: str
    copies: int
    in_series: bool
    width: int
    height: int
    taken_at: LocalTime | None
    camera: str | None
    thumbnail: str
    image: str
    url: str


class FoundPhoto(Photo):
    """A photo that a query found, and how near it is: by what was asked for, by each signal, and
    by words that it shares with the query, which `score` includes.

    `likelihood` is that of showing what was asked for, from 0 to 1, and `match` what that comes to:
    `strong`, `weak` or `none`; null where it cannot be told, as for photos as queries. `alike`
    counts the near-duplicates that it stands for.
    """

    score: float
    caption_score: float
    picture_score: float
    words_score: float
    likelihood: float | None
    match: Match | None
    alike: int


class Place(BaseModel):
    """Where a photo was taken, in degrees."""

    latitude: float
    longitude: float


class PhotoDetails(Photo):
    """A photo with all that its file tells. `utc_offset` is in minutes east, of `taken_at`."""

    lens: str | None
    rating: int | None
    keywords: list[str]
    utc_offset: int | None
    place: Place | None


class SearchAnswer(BaseModel):
    """Results, the best first; `more` tells whether there are any after these.

    `order` is `likeness`, or `newest` for filters alone; `notes` say what there is to say of the
    results, as that nothing looks like what was asked for.
    """

    query: str
    order: Literal["likeness", "newest"]
    notes: list[str]
    limit: int
    offset: int
    more: bool
    results: list[FoundPhoto]


class AlikePhotos(BaseModel):
    """The near-duplicates of a photo, without it."""

    id: int
    results: list[Photo]


class Attention(BaseModel):
    """Where the model looked at each word of the caption it wrote: rows of shares of a grid."""

    id: int
    words: list[str]
    attention: list[list[list[float]]]


class ClusterCell(BaseModel):
    """A part of a group, where it lies on the map, and the words that name it."""

    id: int
    words: list[str]
    size: int
    x: float
    y: float


class ClusterGroup(ClusterCell):
    """A group of like photos, with its cells and some typical photos."""

    name: str
    cells: list[ClusterCell]
    photos: list[Photo]


class ClusterMap(BaseModel):
    """All groups, the largest first. Positions are within -1 and 1."""

    clustering: int
    photos: int
    groups: list[ClusterGroup]


class ClusterPhotos(BaseModel):
    """A group's photos, the most typical first; `more` tells whether there are any after these."""

    id: int
    name: str
    words: list[str]
    size: int
    limit: int
    offset: int
    more: bool
    results: list[Photo]


class Indexing(BaseModel):
    """A run that is under way: stage `list`, `describe`, `read` or `cluster`; `total` is 0 while
    it is not known, `rate` files a second."""

    stage: str
    done: int
    total: int
    failed: int
    rate: float | None
    seconds_left: float | None


class Count(BaseModel):
    """So many photos of that name."""

    name: str
    photos: int


class Month(BaseModel):
    """So many photos were taken in that month, as in `2024-02`."""

    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    photos: int


class SnapshotState(BaseModel):
    """What is searched; `changed` photos came, went or moved since, and are searched beside it."""

    name: str
    photos: int
    changed: int
    age_seconds: float


class Stats(BaseModel):
    """What the library holds."""

    photos: int
    files: int
    failed: int
    waiting: int
    version: str
    indexing: Indexing | None
    dates: list[Month]
    undated: int
    folders: list[Count]
    cameras: list[Count]
    orientations: list[Count]
    snapshot: SnapshotState | None


class Health(BaseModel):
    """Whether the server is up, or ready."""

    status: str


class Refusal(BaseModel):
    """Why a request was refused, and what to do."""

    detail: str
