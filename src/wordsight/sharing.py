"""The files that a run describes: all that wait, or its share beside other runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from wordsight.catalog.inventory import Inventory, WaitingFile
from wordsight.catalog.leases import Run
from wordsight.pipeline.local import Claimed

_AT_ONCE = 32


class Work(Protocol):
    """What a run has to do."""

    def files(self, retry_failed: bool) -> Iterator[WaitingFile]:
        """Files to describe, each once."""

    def claim(self, sha256: Sequence[str]) -> Claimed:
        """Which contents of these files are not to be described, for whatever reason."""

    def finish(self, file_ids: Collection[int], sha256: Collection[str]) -> None:
        """These files and contents are stored."""


class AllWork:
    """Of the only run that there is."""

    def __init__(self, inventory: Inventory, described_by: str) -> None:
        self._inventory = inventory
        self._described_by = described_by

    def files(self, retry_failed: bool) -> Iterator[WaitingFile]:
        return self._inventory.waiting(self._described_by, retry_failed)

    def claim(self, sha256: Sequence[str]) -> Claimed:  # noqa: ARG002, nobody else has any
        return Claimed()

    def finish(self, file_ids: Collection[int], sha256: Collection[str]) -> None:
        pass


class SharedWork:
    """Of a run beside others: some files at a time, and no content that another describes."""

    def __init__(self, run: Run, described_by: str) -> None:
        self._run = run
        self._described_by = described_by

    def files(self, retry_failed: bool) -> Iterator[WaitingFile]:
        """Again from the first, until there are no more: others may have died meanwhile."""
        given: set[int] = set()
        more = True
        while more:
            more = False
            for file in self._claimed(retry_failed):
                if file.id not in given:
                    given.add(file.id)
                    more = True
                    yield file

    def _claimed(self, retry_failed: bool) -> Iterator[WaitingFile]:
        last = 0
        while claimed := self._run.claim_files(self._described_by, retry_failed, last, _AT_ONCE):
            yield from claimed
            last = claimed[-1].id

    def claim(self, sha256: Sequence[str]) -> Claimed:
        return Claimed(*self._run.claim_contents(sha256, self._described_by))

    def finish(self, file_ids: Collection[int], sha256: Collection[str]) -> None:
        self._run.release(file_ids, sha256)
