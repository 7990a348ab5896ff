"""The local engine: reading and decoding ahead, and batches through the models side by side."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from wordsight.errors import PhotoError
from wordsight.models.packaged import ModelSet
from wordsight.photos.decode import MAX_MEGAPIXELS, DecodedPhoto, read_metadata
from wordsight.photos.metadata import Metadata
from wordsight.photos.places import in_store
from wordsight.photos.thumbprint import thumbprint
from wordsight.photos.xmp import with_sidecar
from wordsight.pipeline.describe import (
    DescribedPhoto,
    Description,
    content_hash,
    decode_for_models,
    describe,
)

BATCH = 32
_BATCHES_AHEAD = 2
_BETWEEN_STORING = 0.5
"""Seconds: a database takes more photos at a time for little more than it takes for a few."""
_READERS = 16
"""Photos read from stores at a time: one takes long to answer, however many it answers."""

Recorded = Literal["description", "copy"]


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Exactly one of the last five tells: `photo` is a new description; `known_as` the hash
    of a content that was described before; `failure` a reason; `busy` that another run is
    describing it; `recorded` as what it is in the catalog already. `metadata` is the file's own,
    out of the photo and its sidecar.
    """

    file_id: int
    metadata: Metadata | None = None
    photo: DescribedPhoto | None = None
    known_as: str | None = None
    failure: PhotoError | None = None
    busy: bool = False
    recorded: Recorded | None = None


@dataclass(frozen=True)
class Claimed:
    """Contents that are not to be described, by hash: `known` ones are already, `busy` ones are
    just being described elsewhere."""

    known: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Prepared:
    file_id: int
    sha256: str = ""
    decoded: DecodedPhoto | None = None
    metadata: Metadata | None = None
    failure: PhotoError | None = None


_Fresh = dict[str, DecodedPhoto]


class LocalEngine:
    """Describes files on this machine, a batch at a time, in flat memory.

    Args:
        models: what describes.
        read: bytes of a file by its URI; raises PhotoError.
        is_known: whether a content hash is described already.
        workers: photos that are decoded at a time, and batches that are described; 0 means one
            a core.
        max_megapixels: larger pictures are refused.
        read_sidecar: an XMP packet that lies beside a file, by the file's URI.
        claim: which of some contents that are to be described at once are not.
    """

    def __init__(
        self,
        models: ModelSet,
        read: Callable[[str], bytes],
        is_known: Callable[[str], bool],
        workers: int = 0,
        max_megapixels: float = MAX_MEGAPIXELS,
        read_sidecar: Callable[[str], bytes | None] = lambda _: None,
        claim: Callable[[Sequence[str]], Claimed] = lambda _: Claimed(),
    ) -> None:
        self._models = models
        self._read = read
        self._is_known = is_known
        self._workers = workers or os.cpu_count() or 1
        self._cores = threading.BoundedSemaphore(self._workers)
        self._max_megapixels = max_megapixels
        self._read_sidecar = read_sidecar
        self._claim = claim

    def run(self, files: Iterable[tuple[int, str]]) -> Iterator[list[Outcome]]:
        """Outcomes of `(file id, URI)` pairs, in their order, as many at a time as are to be stored
        at once.

        What came before counts as known: it is stored first.
        """
        under_way: set[str] = set()
        gathered: list[Outcome] = []
        fresh_ones: list[str] = []
        stored_at = float("-inf")
        with closing(self._described_batches(files, under_way)) as batches:
            for fresh, outcomes in batches:
                gathered += outcomes
                fresh_ones += fresh
                if time.monotonic() - stored_at >= _BETWEEN_STORING:
                    yield gathered
                    under_way.difference_update(fresh_ones)
                    gathered, fresh_ones, stored_at = [], [], time.monotonic()
        if gathered:
            yield gathered

    def _described_batches(
        self, files: Iterable[tuple[int, str]], under_way: set[str]
    ) -> Generator[tuple[_Fresh, list[Outcome]], None, None]:
        """Batch by batch: contents that were described, which are `under_way` from their beginning
        on, and the outcomes.

        A batch is captioned on one core while the next one is looked at on another: much of
        decoding a caption does not divide among cores.
        """
        with _pool(self._workers, "describe") as pool:
            ahead: deque[tuple[_Fresh, Future[list[Outcome]]]] = deque()
            for batch in self._batches(files):
                fresh, claimed = self._to_describe(batch, under_way)
                under_way.update(fresh)
                ahead.append((fresh, pool.submit(self._describe, batch, fresh, claimed)))
                if len(ahead) > self._workers:
                    fresh, future = ahead.popleft()
                    yield fresh, future.result()
            for fresh, future in ahead:
                yield fresh, future.result()

    def _batches(self, files: Iterable[tuple[int, str]]) -> Iterator[list[_Prepared]]:
        prepared = self._prepare_ahead(files)
        while batch := list(islice(prepared, BATCH)):
            yield batch

    def _prepare_ahead(self, files: Iterable[tuple[int, str]]) -> Iterator[_Prepared]:
        """Read and decode in the background, never further ahead than a few batches."""
        readers = max(self._workers, _READERS)
        with _pool(readers, "read") as pool:
            ahead: deque[Future[_Prepared]] = deque()
            for file_id, uri in files:
                ahead.append(pool.submit(self._prepare, file_id, uri))
                if len(ahead) >= BATCH * _BATCHES_AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _prepare(self, file_id: int, uri: str) -> _Prepared:
        try:
            if in_store(uri):
                data = self._read(uri)
                with self._cores:
                    return self._decoded(file_id, uri, data)
            with self._cores:  # what a disk gives at once is not held while others decode
                return self._decoded(file_id, uri, self._read(uri))
        except PhotoError as error:
            return _Prepared(file_id, failure=error)
        except MemoryError:
            return _Prepared(file_id, failure=PhotoError("read", "not enough memory to read it"))

    def _decoded(self, file_id: int, uri: str, data: bytes) -> _Prepared:
        sha256 = content_hash(data)
        if self._is_known(sha256):
            return _Prepared(file_id, sha256, None, self._metadata(data, uri))
        decoded = decode_for_models(data, self._max_megapixels)
        metadata = with_sidecar(decoded.metadata, self._read_sidecar(uri))
        return _Prepared(file_id, sha256, decoded, metadata)

    def _metadata(self, data: bytes, uri: str) -> Metadata | None:
        """Of a photo that was described before, so nothing about it can fail it."""
        try:
            told = read_metadata(data, self._max_megapixels)
        except PhotoError:
            return None
        return with_sidecar(told, self._read_sidecar(uri))

    def _to_describe(self, batch: list[_Prepared], under_way: set[str]) -> tuple[_Fresh, Claimed]:
        """Contents that this batch describes, by hash; copies once."""
        decoded = {p.sha256: p.decoded for p in batch if p.decoded is not None}
        own = {k: v for k, v in decoded.items() if k not in under_way}
        claimed = self._claim(list(own)) if own else Claimed()
        return {k: v for k, v in own.items() if k not in claimed.known | claimed.busy}, claimed

    def _describe(self, batch: list[_Prepared], fresh: _Fresh, claimed: Claimed) -> list[Outcome]:
        descriptions = describe(list(fresh.values()), self._models)
        photos = {
            sha256: _described(sha256, d, description)
            for (sha256, d), description in zip(fresh.items(), descriptions, strict=True)
        }
        return [_outcome(p, photos.get(p.sha256), claimed) for p in batch]


def _described(sha256: str, photo: DecodedPhoto, description: Description) -> DescribedPhoto:
    glance = thumbprint(photo.pixels).tobytes()
    return DescribedPhoto(sha256, photo.width, photo.height, photo.format, description, glance)


def _outcome(prepared: _Prepared, photo: DescribedPhoto | None, claimed: Claimed) -> Outcome:
    if prepared.failure is not None:
        return Outcome(prepared.file_id, failure=prepared.failure)
    if prepared.sha256 in claimed.busy:
        return Outcome(prepared.file_id, busy=True)
    known_as = prepared.sha256 if photo is None else None
    return Outcome(prepared.file_id, prepared.metadata, photo=photo, known_as=known_as)


@contextmanager
def _pool(workers: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Threads that are let go at the end; what they have not begun by then is dropped."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
