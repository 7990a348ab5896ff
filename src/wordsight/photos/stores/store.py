"""What the stores have in common, and the patience that they need."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from wordsight.errors import UnreachableError

T = TypeVar("T")

ATTEMPTS = 5
_PAUSE = 0.5
_LONGEST_PAUSE = 20.0


@dataclass(frozen=True)
class StoredFile:
    """A file in a store. `key` is its name there, as it is; `etag` changes with its content;
    `md5` is that of its bytes, where the store tells it."""

    key: str
    size: int
    etag: str | None = None
    modified: datetime | None = None
    md5: bytes | None = None


class Store(Protocol):
    """Files by their keys.

    Every method raises UnreachableError if the store does not answer or refuses.
    """

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """The files whose keys begin like this, in flat memory.

        Raises:
            SourceError: there is no such container.
        """

    def read(self, key: str) -> bytes:
        """A file's bytes.

        Raises:
            PhotoError: there is no such file, or it is too large.
        """

    def prepare(self) -> None:
        """Make the container, if it is not there."""

    def write(self, key: str, data: bytes, md5: bytes, content_type: str) -> None:
        """Put a file there, in place of what there was, and make sure that it arrived whole."""

    def checksum(self, file: StoredFile) -> bytes:
        """The MD5 of a file's bytes, which are read if the store has not told it."""

    def sign(self, key: str, seconds: int) -> str | None:
        """An address that opens the file for so long, to whoever has it; None if the store
        gives none."""


def patiently(attempt: Callable[[], T]) -> T:
    """Try again, after longer and longer pauses, what fails for a passing reason."""
    for number in range(ATTEMPTS - 1):
        try:
            return attempt()
        except UnreachableError as error:
            if not error.passing:
                raise
            pause = _PAUSE * 2**number * random.uniform(0.5, 1.5)
            time.sleep(min(max(pause, error.wait), _LONGEST_PAUSE))
    return attempt()
