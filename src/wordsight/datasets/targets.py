"""Where photos are put: a folder, or a store."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from pathlib import Path
from typing import Protocol

from wordsight.errors import DatasetError, PhotoError, SourceError
from wordsight.photos.places import in_store
from wordsight.photos.stores.source import address_of, store_of

ASIDE = ".downloads"


class Target(Protocol):
    """Files by names with slashes. What is there is whole: it was put there at once."""

    aside: Path
    """A folder on this machine for what is under way."""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""

    def write(self, name: str, data: bytes) -> None:
        """Put a file there.

        Raises:
            DatasetError: it cannot be written.
        """


class FolderTarget:
    """A folder; what is under way lies in a hidden one below, which indexing passes over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.aside = folder / ASIDE
        try:
            self.aside.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"cannot write to {folder}: {error.strerror}") from error

    def has(self, name: str) -> bool:
        return (self._folder / name).exists()

    def write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        part = self.aside / f"{path.name}.part"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            raise DatasetError(f"cannot write {path}: {error.strerror}") from error


class StoreTarget:
    """A prefix in a store. Archives lie in the user's cache folder while they are unpacked."""

    def __init__(self, uri: str) -> None:
        from platformdirs import user_cache_path

        address = address_of(uri)
        self._store = store_of(address.protocol, address.container)
        self._prefix = f"{address.key}/" if address.key else ""
        place = hashlib.sha256(address.uri.encode()).hexdigest()[:12]
        self.aside = user_cache_path("wordsight") / "datasets" / place
        self.aside.mkdir(parents=True, exist_ok=True)
        try:
            self._store.prepare()
            self._present = {file.key for file in self._store.files(self._prefix)}
        except PhotoError as error:
            raise SourceError(f"cannot write to {uri}: {error}") from error

    def has(self, name: str) -> bool:
        return self._prefix + name in self._present

    def write(self, name: str, data: bytes) -> None:
        key = self._prefix + name
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        try:
            md5 = hashlib.md5(data, usedforsecurity=False).digest()
            self._store.write(key, data, md5, kind)
        except PhotoError as error:
            raise DatasetError(f"cannot write {key}: {error}") from error
        self._present.add(key)


def target_at(destination: str) -> Target:
    """A folder's path or a store's URI.

    Raises:
        DatasetError, SourceError: nothing can be written there.
    """
    if in_store(destination):
        return StoreTarget(destination)
    return FolderTarget(Path(os.path.expanduser(destination)))  # noqa: PTH111 (as Path does not)
