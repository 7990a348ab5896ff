"""Metadata of photos that were described before this reader of metadata came."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from wordsight.catalog.photo_metadata import MetadataRow, PhotoMetadata, PhotoPlaces
from wordsight.errors import PhotoError
from wordsight.photos.decode import read_metadata
from wordsight.photos.metadata import READER, Metadata
from wordsight.photos.places import read_photo, read_sidecar
from wordsight.photos.xmp import with_sidecar


def read_outdated(catalog: PhotoMetadata, watch: Callable[[int, int], None]) -> None:
    """Read the metadata of photos that another reader read, or none; describe nothing.

    Photos that cannot be read now are read by a later run. `watch` is told how many are done,
    and of how many.
    """
    total = catalog.count_outdated(READER)
    done = 0
    if not total:
        return
    watch(0, total)
    with ThreadPoolExecutor(thread_name_prefix="metadata") as pool:
        for photos in catalog.outdated(READER):
            rows = pool.map(_read, photos)
            pairs = zip(photos, rows, strict=True)
            catalog.record({photo.id: row for photo, row in pairs if row is not None})
            done += len(photos)
            watch(done, total)


def _read(photo: PhotoPlaces) -> MetadataRow | None:
    """A photo's own metadata, and that of the first sidecar among its places."""
    packets = (read_sidecar(uri) for uri in photo.uris)
    packet = next((found for found in packets if found is not None), None)
    for uri in photo.uris:
        with suppress(PhotoError):
            told = with_sidecar(_told_by(read_photo(uri)), packet)
            return MetadataRow(**vars(told), read_by=READER)
    return None


def _told_by(data: bytes) -> Metadata:
    try:
        return read_metadata(data)
    except PhotoError:  # over a limit that was another one when it was described
        return Metadata()
