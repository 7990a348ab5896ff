"""The indexing job: list the sources, describe what is new, cluster, publish a snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from wordsight.catalog import Catalog
from wordsight.catalog.inventory import Listing, WaitingFile
from wordsight.catalog.leases import Run
from wordsight.cell_makers import make_cells_on
from wordsight.describing import Describe, on_cluster, on_this_machine
from wordsight.duplicates.comparing import compare_new, take_thumbprints
from wordsight.errors import UnreachableError
from wordsight.index.build import EXACT_BELOW
from wordsight.index.store import SnapshotStore
from wordsight.memory import give_back
from wordsight.models.packaged import ModelSet
from wordsight.photos.decode import MAX_MEGAPIXELS
from wordsight.photos.formats import installed_decoders, stage_without
from wordsight.photos.source import PhotoSource
from wordsight.pipeline.local import Outcome
from wordsight.publishing import MakeCells, Publisher
from wordsight.recording import Recorder
from wordsight.rereading import read_outdated
from wordsight.sharing import AllWork, SharedWork, Work
from wordsight.spark.cluster import Cluster


@dataclass(frozen=True)
class Progress:
    """How far a run has come. `stage` is `list`, `describe`, `read` (metadata), `glance` (take
    missing thumbprints), `compare` (for near-duplicates), `encode` (anew) or `cluster`; `total` is
    0 while it is not known."""

    stage: str
    done: int
    total: int
    failed: int = 0


@dataclass
class IndexReport:
    """What a run did. `described` counts photos, `copies` files whose content was known;
    `unread` ones could not be read now, the first of them for `unread_reason`, and wait;
    `elsewhere` ones another run was describing, which it will have finished soon;
    `unlisted` gives the reason for each folder or store (a URI) that could not be listed."""

    listed: int = 0
    described: int = 0
    copies: int = 0
    failed: int = 0
    unread: int = 0
    unread_reason: str = ""
    elsewhere: int = 0
    removed: int = 0
    seconds: float = 0.0
    unlisted: dict[str, str] = field(default_factory=dict)


Watch = Callable[[Progress], None]

_PATIENCE = 30.0
_PAUSE = 0.2
"""Seconds to wait for photos that another run is describing, and between looks at them."""


@dataclass
class _Counted:
    """How far describing has come; others describe what is missing from the total at its end."""

    watch: Watch
    total: int
    report: IndexReport
    done: int = 0

    def __post_init__(self) -> None:
        self.more(0)

    def more(self, files: int) -> None:
        self.done += files
        self.watch(Progress("describe", self.done, self.total, self.report.failed))


@dataclass
class IndexingJob:
    """One run over some sources. Stopped at any moment, the next run goes on from there.

    Larger pictures than `max_megapixels` are refused. `beside` is what others know the run by, if
    there may be others; only one of those that share a folder `publishes` snapshots in it.
    Photos are described on the `cluster`, if one is given, else on this machine. So are cells
    made, of many photos; unless `make_cells` says by whom.
    """

    catalog: Catalog
    store: SnapshotStore
    models: ModelSet
    watch: Watch
    max_megapixels: float = MAX_MEGAPIXELS
    beside: Run | None = None
    publishes: bool = True
    cluster: Cluster | None = None
    make_cells: MakeCells | None = None
    report: IndexReport = field(default_factory=IndexReport, init=False)
    exact_below: ClassVar[int] = EXACT_BELOW

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(
            self.catalog,
            self.store,
            self.models,
            self.exact_below,
            self._watching("cluster"),
            self.make_cells or make_cells_on(self.cluster, many_only=True),
        )

    @cached_property
    def _recorder(self) -> Recorder:
        return Recorder(self.catalog, self.models, self.publisher.clusters)

    @cached_property
    def _work(self) -> Work:
        if self.beside is None:
            return AllWork(self.catalog.inventory, self.models.identity)
        return SharedWork(self.beside, self.models.identity)

    def run(self, sources: Sequence[PhotoSource], retry_failed: bool = False) -> IndexReport:
        """Bring the library up to date with `sources`."""
        started = time.monotonic()
        for source in sources:
            self._list(source)
        for extra in installed_decoders():
            self.catalog.inventory.retry(stage_without(extra))
        self.catalog.texts.catch_up()
        self._describe(retry_failed)
        self.models.put_away()  # the rest needs memory of its own
        give_back()
        read_outdated(self.catalog.metadata, self._watching("read"))
        self.catalog.texts.catch_up()
        self._compare()
        self.publisher.clusters.add_vectors()
        self._publish()
        self.report.seconds = time.monotonic() - started
        return self.report

    def _compare(self) -> None:
        likenesses = self.catalog.likenesses
        take_thumbprints(likenesses, self._watching("glance"))
        watch = self._watching("compare")
        compare_new(likenesses, self.models.identity, watch, self.store.root)

    def _watching(self, stage: str) -> Callable[[int, int], None]:
        return lambda done, total: self.watch(Progress(stage, done, total))

    def _list(self, source: PhotoSource) -> None:
        inventory = self.catalog.inventory
        source_id = inventory.add_source(source.uri)
        run = inventory.begin_run()
        rows = (Listing(**vars(file)) for file in source.list())
        listed = inventory.record_listing(
            source_id, run, rows, lambda n: self.watch(Progress("list", n, 0))
        )
        self.watch(Progress("list", listed, listed))
        self.report.listed += listed
        self.report.unlisted |= source.unlisted
        self.report.removed += inventory.sweep(source_id, source.uri, run, list(source.unlisted))

    def _describe(self, retry_failed: bool) -> None:
        identity = self.models.identity
        total = self.catalog.inventory.count_waiting(identity, retry_failed)
        if not total:
            return
        describe = self._describe_by()
        counted = _Counted(self.watch, total, self.report)
        busy = self._describe_files(describe, self._work.files(retry_failed), counted)
        gives_up = time.monotonic() + _PATIENCE
        while busy and time.monotonic() < gives_up:
            time.sleep(_PAUSE)
            left = len(busy)
            busy = self._describe_files(describe, busy, counted)
            if len(busy) < left:
                gives_up = time.monotonic() + _PATIENCE
        self.report.elsewhere = len(busy)

    def _describe_by(self) -> Describe:
        common = (self.catalog, self.models, self.max_megapixels)
        if self.cluster is not None:
            return on_cluster(self.cluster, *common, self.beside)
        return on_this_machine(*common, self._work.claim)

    def _describe_files(
        self, describe: Describe, files: Iterable[WaitingFile], counted: _Counted
    ) -> list[WaitingFile]:
        """Gives those whose contents another run is describing."""
        under_way: dict[int, WaitingFile] = {}
        busy: list[WaitingFile] = []

        def noted() -> Iterator[WaitingFile]:
            for file in files:
                under_way[file.id] = file
                yield file

        for outcomes in describe(noted()):
            done = [under_way.pop(outcome.file_id) for outcome in outcomes]
            busy += [file for file, o in zip(done, outcomes, strict=True) if o.busy]
            self._store_batch([outcome for outcome in outcomes if not outcome.busy])
            counted.more(sum(not outcome.busy for outcome in outcomes))
            self._publish(under_way=True)
        return busy

    def _publish(self, under_way: bool = False) -> None:
        if self.publishes:
            self.publisher.publish_if_due(under_way)

    def _store_batch(self, outcomes: Sequence[Outcome]) -> None:
        described = [o.photo.sha256 for o in outcomes if o.photo is not None]
        finished: list[int] = []
        failures: list[tuple[int, str, str]] = []
        for outcome in self._recorder.record(outcomes):
            if isinstance(outcome.failure, UnreachableError):
                self.report.unread_reason = self.report.unread_reason or str(outcome.failure)
                self.report.unread += 1
                continue
            finished.append(outcome.file_id)
            if outcome.failure is not None:
                failures.append((outcome.file_id, outcome.failure.stage, outcome.failure.reason))
            self.report.described += outcome.recorded == "description"
            self.report.copies += outcome.recorded == "copy"
        self.catalog.inventory.record_failures(failures)
        self.report.failed += len(failures)
        self._work.finish(finished, described)
