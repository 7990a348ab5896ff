"""Putting a folder's photos into a store."""

from __future__ import annotations

import hashlib
import mimetypes
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wordsight.errors import PhotoError, SourceError, UnreachableError
from wordsight.photos.folder import FolderSource, path_of, read_file
from wordsight.photos.parallel import in_parallel
from wordsight.photos.stores.source import Address, address_of, store_of
from wordsight.photos.stores.store import Store

_WORKERS = 16

Fate = Literal["uploaded", "present"]


@dataclass
class UploadReport:
    """What a run did. `present` photos lay there already, the same by their checksum; `failed`
    gives the reason for each file (a URI); `bytes` counts those that were sent."""

    listed: int = 0
    uploaded: int = 0
    present: int = 0
    bytes: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sent:
    fate: Fate
    size: int


def upload(
    folder: Path | str, target: str, watch: Callable[[int, int, int], None] = lambda *_: None
) -> UploadReport:
    """Put the photos in a folder, and in all below it, into a store, many at a time.

    What is there already, by its checksum, is passed over, so a stopped run goes on where it
    stopped. Each photo that is sent is verified by its checksum, and gets its content type.

    Args:
        folder: the photos. Hidden and other files are passed over.
        target: the store's URI, as `az://container/prefix`; a container is made if need be.
        watch: is told how many photos are done, how many there are, and how many failed.

    Raises:
        SourceError: the folder cannot be listed, or the store not be reached.
    """
    started = time.monotonic()
    source, address = FolderSource(Path(folder)), address_of(target)
    store = store_of(address.protocol, address.container)
    sender = _Sender(store, address, path_of(source.uri))
    files = [file.uri for file in source.list()]
    report = UploadReport(listed=len(files), failed=dict(source.unlisted))
    watch(0, len(files), 0)
    outcomes = in_parallel(sender.send, files, _WORKERS, PhotoError)
    for done, (uri, sent) in enumerate(outcomes, 1):
        if isinstance(sent, PhotoError):
            report.failed[uri] = str(sent)
        else:
            report.uploaded += sent.fate == "uploaded"
            report.present += sent.fate == "present"
            report.bytes += sent.size
        watch(done, len(files), len(report.failed))
    report.seconds = time.monotonic() - started
    return report


class _Sender:
    """Sends files below a folder to the same places below an address."""

    def __init__(self, store: Store, target: Address, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._prefix = f"{target.key}/" if target.key else ""
        try:
            store.prepare()
            self._present = {file.key: file for file in store.files(self._prefix)}
        except UnreachableError as error:
            raise SourceError(f"cannot upload to {target.uri}: {error}") from error

    def send(self, uri: str) -> _Sent:
        key = self._prefix + path_of(uri).relative_to(self._folder).as_posix()
        try:
            key.encode()
        except UnicodeEncodeError:
            raise PhotoError("upload", "its name is not text, as a store wants it") from None
        data = read_file(uri)
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        there = self._present.get(key)
        if there and there.size == len(data) and self._store.checksum(there) == md5:
            return _Sent("present", 0)
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        self._store.write(key, data, md5, kind)
        return _Sent("uploaded", len(data))
