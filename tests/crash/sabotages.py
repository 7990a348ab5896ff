"""Ways to break wordsight so that only a kill shows it. Each acts on its own process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from wordsight.catalog import storing
from wordsight.catalog.descriptions import Descriptions
from wordsight.index import store
from wordsight.index.store import SnapshotStore
from wordsight.indexing import IndexingJob


def point_too_soon() -> None:
    """A snapshot is made current before it is written."""
    publish = SnapshotStore.publish

    def point_first(self: SnapshotStore, write: Callable[[Path], None]) -> Path:
        self.root.mkdir(exist_ok=True)
        self._point_to(f"{self._newest() + 1:06d}")
        return publish(self, write)

    SnapshotStore.publish = point_first


def describe_in_two_steps() -> None:
    """Photos are stored by one transaction, their captions and embeddings by the next."""
    record, replace = Descriptions.record, storing._describe
    put_off: list[tuple[Any, ...]] = []

    def later(_connection: Connection, *arguments: Any) -> None:
        put_off.append(arguments)

    def in_two(self: Descriptions, *arguments: Any) -> bool:
        stored = record(self, *arguments)
        with self._engine.begin() as connection:
            while put_off:
                replace(connection, *put_off.pop())
        return stored

    storing._describe = later
    Descriptions.record = in_two


def tell_too_soon() -> None:
    """A batch is stored after the next one has been reported."""
    store_batch, describe = IndexingJob._store_batch, IndexingJob._describe
    held: list[tuple[Any, ...]] = []

    def hold(_self: IndexingJob, *batch: Any) -> None:
        held.append(batch)
        if len(held) > 1:
            store_batch(_self, *held.pop(0))

    def describe_all(self: IndexingJob, retry_failed: bool) -> None:
        describe(self, retry_failed)
        while held:
            store_batch(self, *held.pop(0))

    IndexingJob._store_batch = hold
    IndexingJob._describe = describe_all


def leave_litter() -> None:
    """What a killed run has left of a snapshot is not cleared."""
    store.shutil = SimpleNamespace(rmtree=lambda *_, **__: None)
