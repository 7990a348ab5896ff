"""The photos themselves, small ones of them, and addresses that open them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from wordsight.catalog.descriptions import PhotoDetail
from wordsight.errors import PhotoError, WordsightError
from wordsight.photos.places import in_store, read_photo, url_of
from wordsight.photos.renderings import Shrink, shrunk

THUMBNAIL_SIDE = 480
URL_SECONDS = 3600


class Pictures:
    """Pictures of a library's photos.

    Args:
        folder: where thumbnails are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def thumbnail(self, detail: PhotoDetail, shrink: Shrink = shrunk) -> bytes:
        """A small JPEG of the photo, made once and kept.

        Args:
            detail: the photo.
            shrink: makes a JPEG of so many pixels a side out of a photo's bytes.

        Raises:
            PhotoError: the photo cannot be read any more.
        """
        cached = self._folder / detail.sha256[:2] / f"{detail.sha256}.jpg"
        try:
            return cached.read_bytes()
        except OSError:
            small = shrink(self.original(detail), THUMBNAIL_SIDE)
        with suppress(OSError):  # a full disk costs the copy, not the answer
            cached.parent.mkdir(parents=True, exist_ok=True)
            aside = cached.with_suffix(f".{uuid4().hex}.part")
            aside.write_bytes(small)
            aside.replace(cached)
        return small

    def original(self, detail: PhotoDetail) -> bytes:
        """The photo's bytes, from the first of its places that can be read.

        Raises:
            PhotoError: none can.
        """
        for uri in detail.uris[:-1]:
            try:
                return read_photo(uri)
            except PhotoError:
                continue
        return read_photo(detail.uris[-1])

    def url(self, detail: PhotoDetail, seconds: int = URL_SECONDS) -> str | None:
        """An address that opens the photo, unchanged, without any key of its store.

        A photo in a store gets one that is signed for it alone and works for `seconds`; a file
        on this machine its `file:` URI; None means that no store signs any now.
        """
        for uri in sorted(detail.uris, key=in_store):
            with suppress(WordsightError):
                if url := url_of(uri, seconds):
                    return url
        return None
