"""Where photos lie, by what a person writes and by what the catalog keeps."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from wordsight.errors import SourceError, UnreachableError
from wordsight.photos.folder import FolderSource, path_of, read_file, read_sidecar_file
from wordsight.photos.source import PhotoSource

_STORE = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*://")


def in_store(place: Path | str) -> bool:
    """Whether this is a store's URI, and not a path or the URI of a file."""
    return isinstance(place, str) and _STORE.match(place) is not None


def open_source(place: Path | str, excluded: Path | None = None) -> PhotoSource:
    """A source by its URI, or by a folder's path; `excluded` is a folder to leave out.

    Raises:
        SourceError: it cannot be listed.
    """
    if isinstance(place, str) and in_store(place):
        from wordsight.photos.stores.source import StoreSource, address_of

        return StoreSource(address_of(place))
    return FolderSource(_path(place), excluded)


def source_uri(place: Path | str) -> str:
    """By which the catalog knows a source, without opening it.

    Raises:
        SourceError: there is a secret in it.
    """
    if isinstance(place, str) and in_store(place):
        from wordsight.photos.stores.source import address_of

        return address_of(place).uri
    return _path(place).expanduser().resolve().as_uri()


def read_photo(uri: str) -> bytes:
    """The bytes behind a URI of the catalog.

    Raises:
        PhotoError: the file has vanished, cannot be read or is too large.
        UnreachableError: its store does not answer now.
    """
    if not in_store(uri):
        return read_file(uri)
    from wordsight.photos.stores.source import address_of, store_of

    try:
        address = address_of(uri)
        return store_of(address.protocol, address.container).read(address.key)
    except SourceError as error:
        raise UnreachableError(str(error)) from error


def read_sidecar(uri: str) -> bytes | None:
    """The XMP file beside a photo, where there is one that can be read.

    Stores are not asked: their lists do not tell cheaply when a sidecar changes.
    """
    return None if in_store(uri) else read_sidecar_file(uri)


def url_of(uri: str, seconds: int) -> str | None:
    """An address that opens a photo: of a store, for so long, to whoever has it.

    None if the store gives none.

    Raises:
        SourceError, UnreachableError: the store cannot be asked.
    """
    if not in_store(uri):
        return uri
    from wordsight.photos.stores.source import address_of, store_of

    address = address_of(uri)
    return store_of(address.protocol, address.container).sign(address.key, seconds)


def name_of(uri: str) -> str:
    """The file's own name, without where it lies."""
    name = uri.rpartition("/")[2]
    if "%" not in name or in_store(uri):
        return unquote(name)
    return os.fsdecode(unquote_to_bytes(name)).encode("utf-8", "replace").decode()


def _path(place: Path | str) -> Path:
    text = str(place)
    return path_of(text) if text.startswith("file://") else Path(place)
