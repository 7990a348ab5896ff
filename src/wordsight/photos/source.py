"""What a source of photos is, wherever they lie: a list of files, and their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from wordsight.photos.folder import ListedFile


class PhotoSource(Protocol):
    """Photos below one URI.

    Opening one raises SourceError if it cannot be listed. What becomes unreachable while it
    is listed is collected in `unlisted`, a reason for each URI; the photos below are kept.
    """

    unlisted: dict[str, str]

    @property
    def uri(self) -> str:
        """By which the catalog knows the source: percent-encoded, without a secret."""

    def list(self) -> Iterator[ListedFile]:
        """The files that look like photos, one at a time."""
