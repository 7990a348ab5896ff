"""A client of the HTTP API, with the answers as types.

    with Client("http://127.0.0.1:8700") as client:
        for photo in client.search("two dogs in snow", limit=5).results:
            print(f"{photo.score:.2f}  {photo.caption}  {photo.url}")

It needs httpx: `pip install 'wordsight[client]'`.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel

from wordsight.errors import ServerError
from wordsight.search.results import Signal
from wordsight.server.answers import (
    AlikePhotos,
    Attention,
    ClusterMap,
    ClusterPhotos,
    FoundPhoto,
    Health,
    Photo,
    PhotoDetails,
    SearchAnswer,
    Stats,
)

if TYPE_CHECKING:
    import httpx

M = TypeVar("M", bound=BaseModel)

_BASE = "/api/v1/"
_TRIES = 4
_LONGEST_PAUSE = 10.0


class Client:
    """Talks to a server. Safe to share between threads.

    Args:
        url: where the server is, as `wordsight serve` prints it.
        key: where one is demanded.
        seconds: how long an answer may take.

    Every method raises `ServerError` where the server does not answer or refuses, with its reason;
    a server that is busy is asked again a few times first, when it says.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8700",
        key: str | None = None,
        seconds: float = 30.0,
    ) -> None:
        import httpx

        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(
            base_url=url.rstrip("/") + _BASE, headers=headers, timeout=seconds
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def search(
        self,
        text: str,
        limit: int = 40,
        offset: int = 0,
        by: Signal = "fused",
        collapse: bool = True,
    ) -> SearchAnswer:
        """The photos that a sentence describes, the best first; unless `collapse` is false, the
        best of near-duplicates stands for all of them."""
        asked = {"q": text, "limit": limit, "offset": offset, "by": by, "collapse": collapse}
        return self._get(SearchAnswer, "search", **asked)

    def search_like(
        self, photo: bytes, text: str = "", limit: int = 40, offset: int = 0
    ) -> SearchAnswer:
        """The photos most like a photo, and like the words."""
        fields = {"q": text, "limit": limit, "offset": offset}
        sent = {"data": fields, "files": {"photo": ("photo", photo)}}
        return self._ask(SearchAnswer, "POST", "search", **sent)

    def similar(
        self, photo_id: int, text: str = "", limit: int = 40, offset: int = 0
    ) -> SearchAnswer:
        """The photos most like one of the collection, without it, and like the words."""
        asked = {"q": text, "limit": limit, "offset": offset}
        return self._get(SearchAnswer, f"photos/{photo_id}/similar", **asked)

    def photo(self, photo_id: int, place: bool = False) -> PhotoDetails:
        """All that is known of a photo; where it was taken only where the server tells."""
        return self._get(PhotoDetails, f"photos/{photo_id}", place=place)

    def alike(self, photo_id: int) -> AlikePhotos:
        """The near-duplicates of a photo, without it."""
        return self._get(AlikePhotos, f"photos/{photo_id}/alike")

    def correct(self, photo_id: int, caption: str) -> PhotoDetails:
        """Put a caption in the place of the model's."""
        path = f"photos/{photo_id}/caption"
        return self._ask(PhotoDetails, "PUT", path, json={"caption": caption})

    def take_back(self, photo_id: int) -> PhotoDetails:
        """Show the model's caption again."""
        return self._ask(PhotoDetails, "DELETE", f"photos/{photo_id}/caption")

    def attention(self, photo_id: int) -> Attention:
        """Where the model looked at each word of the caption it wrote."""
        return self._get(Attention, f"photos/{photo_id}/attention")

    def thumbnail(self, photo: Photo | FoundPhoto) -> bytes:
        """A small JPEG."""
        return self._response("GET", _below(photo.thumbnail)).content

    def image(self, photo: Photo | FoundPhoto) -> bytes:
        """The photo itself, or a JPEG of it where a browser might not show its format."""
        return self._response("GET", _below(photo.image)).content

    def clusters(self) -> ClusterMap:
        """Groups of like photos, the largest first."""
        return self._get(ClusterMap, "clusters")

    def cluster(
        self, group_id: int, limit: int = 40, offset: int = 0, cell: int | None = None
    ) -> ClusterPhotos:
        """A group's photos, or those of one of its cells, the most typical first."""
        asked = {"limit": limit, "offset": offset} | ({} if cell is None else {"cell": cell})
        return self._get(ClusterPhotos, f"clusters/{group_id}", **asked)

    def stats(self) -> Stats:
        """What the library holds, and how its indexing goes."""
        return self._get(Stats, "stats")

    def health(self) -> Health:
        """Whether the server is up."""
        return self._get(Health, "health")

    def ready(self) -> Health:
        """Whether it can answer a search."""
        return self._get(Health, "ready")

    def _get(self, form: type[M], path: str, **asked: Any) -> M:
        return self._ask(form, "GET", path, params=asked)

    def _ask(self, form: type[M], method: str, path: str, **sent: Any) -> M:
        return form.model_validate_json(self._response(method, path, **sent).content)

    def _response(self, method: str, path: str, **sent: Any) -> httpx.Response:
        import httpx

        for attempt in range(_TRIES):
            try:
                response = self._http.request(method, path, **sent)
            except httpx.HTTPError as error:
                raise ServerError(f"{self._http.base_url} does not answer: {error}") from error
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS or attempt == _TRIES - 1:
                break
            time.sleep(_pause(response))
        if response.is_success:
            return response
        raise ServerError(_reason(response), response.status_code)


def _below(path: str) -> str:
    """A path that the server gave, as seen from the API."""
    return path.removeprefix(_BASE)


def _pause(response: httpx.Response) -> float:
    told = response.headers.get("Retry-After", "1")
    return min(float(told) if told.isdecimal() else 1.0, _LONGEST_PAUSE)


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the server answers {response.status_code}"
