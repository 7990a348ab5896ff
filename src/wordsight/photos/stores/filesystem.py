"""All that fsspec opens: S3, Google Cloud Storage, SFTP, memory and many more."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import fsspec

from wordsight.errors import PhotoError, SourceError, UnreachableError
from wordsight.photos.folder import is_photo_name
from wordsight.photos.stores.store import StoredFile, patiently

_ASKED_AT_ONCE = 8
_TIMES = ("LastModified", "Last-Modified", "mtime", "created")


class FilesystemStore:
    """The files of one bucket or host. Credentials come from the environment.

    Raises:
        SourceError: fsspec does not know the protocol, or its driver is not installed.
    """

    def __init__(self, protocol: str, host: str) -> None:
        self._root = f"{protocol}://{host}"
        try:
            self._system, self._path = fsspec.url_to_fs(self._root, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            said = " ".join(str(error).split())
            raise SourceError(f"{protocol}:// cannot be opened: {said}") from error

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """A folder at a time."""
        waiting = [self._at(prefix)]
        while waiting:
            folder = waiting.pop()
            entries = self._detailed(patiently(partial(self._entries, folder)))
            for entry in sorted(entries, key=lambda entry: str(entry["name"])):
                if _is_folder(entry):
                    waiting.append(entry["name"])
                else:
                    yield self._stored(entry)

    def read(self, key: str) -> bytes:
        """A file's bytes."""
        return patiently(lambda: self._read(key))

    def prepare(self) -> None:
        """Make the bucket or folder, if it is not there."""
        try:
            self._system.makedirs(self._path, exist_ok=True)
        except Exception as error:
            raise _explained(error) from error

    def write(self, key: str, data: bytes, md5: bytes, content_type: str) -> None:
        """Write a file, and read it again to see that it arrived whole."""
        patiently(lambda: self._write(key, data, md5, content_type))

    def checksum(self, file: StoredFile) -> bytes:
        """Of what is read: an ETag is an MD5 on some stores only."""
        return hashlib.md5(self.read(file.key), usedforsecurity=False).digest()

    def sign(self, key: str, seconds: int) -> str | None:
        """A pre-signed address, where the file system makes them."""
        try:
            return str(self._system.sign(self._at(key), expiration=seconds))
        except NotImplementedError:
            return None
        except Exception as error:
            raise _explained(error) from error

    def _at(self, key: str) -> str:
        return f"{self._path.rstrip('/')}/{key}".rstrip("/")

    def _entries(self, folder: str) -> list[dict[str, Any]]:
        try:
            return list(self._system.ls(folder, detail=True))
        except FileNotFoundError:
            if folder == self._path:
                raise SourceError(f"there is no {self._root}") from None
            return []  # stores have no empty folders
        except Exception as error:
            raise _explained(error) from error

    def _detailed(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Web servers list names alone: what tells a change is then asked of each file."""
        if all(_is_folder(entry) or entry.get("size") is not None for entry in entries):
            return entries
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            return list(pool.map(lambda entry: patiently(partial(self._details, entry)), entries))

    def _details(self, entry: dict[str, Any]) -> dict[str, Any]:
        if _is_folder(entry) or not is_photo_name(entry["name"]):
            return entry
        try:
            return {**entry, **self._system.info(entry["name"])}
        except FileNotFoundError:
            return entry  # a link that leads nowhere, which reading it will tell
        except Exception as error:
            raise _explained(error) from error

    def _read(self, key: str) -> bytes:
        try:
            return bytes(self._system.cat_file(self._at(key)))
        except FileNotFoundError:
            raise PhotoError("read", "the file vanished before it was read") from None
        except Exception as error:
            raise _explained(error) from error

    def _write(self, key: str, data: bytes, md5: bytes, content_type: str) -> None:
        # S3's own name for it; other file systems have none, or guess it by the ending.
        options = {"ContentType": content_type} if "s3" in self._system.protocol else {}
        try:
            self._system.makedirs(self._at(key).rpartition("/")[0], exist_ok=True)
            self._system.pipe_file(self._at(key), data, **options)
        except Exception as error:
            raise _explained(error) from error
        if self.checksum(StoredFile(key, len(data))) != md5:
            raise UnreachableError("the store holds other bytes than were sent", passing=True)

    def _stored(self, entry: dict[str, Any]) -> StoredFile:
        key = str(entry["name"]).removeprefix(self._path).lstrip("/")
        etag = entry.get("ETag") or entry.get("etag") or entry.get("md5Hash")
        moment = next((_moment(entry[name]) for name in _TIMES if entry.get(name)), None)
        return StoredFile(key, int(entry.get("size") or 0), etag, moment)


def _is_folder(entry: dict[str, Any]) -> bool:
    return bool(entry["type"] == "directory")


def _moment(told: object) -> datetime | None:
    """A time as the drivers tell it: seconds, a header of the web, or a datetime."""
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC)
    if isinstance(told, str):
        try:
            return parsedate_to_datetime(told)
        except ValueError:
            return None
    return told if isinstance(told, datetime) else None


def _explained(error: Exception) -> UnreachableError:
    """In words that carry no address and no signature."""
    kind = type(error).__name__
    if isinstance(error, PermissionError) or "Credential" in kind:
        return UnreachableError(f"the store refuses access ({kind})")
    # The drivers raise errors of their own; those of the network are among these.
    passing = isinstance(error, OSError | asyncio.TimeoutError) or "Client" in kind
    return UnreachableError(f"the store does not answer ({kind})", passing=passing)
