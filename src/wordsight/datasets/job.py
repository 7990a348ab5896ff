"""Fetching a collection: its list, then the photos that are not there yet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from filelock import FileLock, Timeout

from wordsight.datasets.collections import Dataset, Remote
from wordsight.datasets.lists import Captions, coco_captions, open_image_names
from wordsight.datasets.targets import Target, target_at
from wordsight.datasets.web import Web
from wordsight.errors import DatasetError, PhotoError
from wordsight.photos.parallel import in_parallel

CONNECTIONS = 8
ARCHIVE_FROM = 0.25
"""Where more than this share of the photos are missing, the archive of them all is fetched;
fewer are fetched one by one."""


@dataclass(frozen=True)
class Progress:
    """`stage` is `annotations`, `archive` (both in bytes) or `photos`."""

    stage: str
    done: int
    total: int
    failed: int = 0


@dataclass
class FetchReport:
    """What a run did. `failed` gives the reason for each photo that could not be fetched."""

    dataset: str
    destination: str
    wanted: int = 0
    present: int = 0
    fetched: int = 0
    bytes: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class FetchJob:
    """Fetches one collection; stopped at any moment, the next run goes on from there.

    Beside the folder of photos it puts a list of their captions, in the form that `Collection`
    reads, where people wrote some.

    Args:
        dataset: what to fetch.
        destination: a folder, or a store's URI.
        limit: the first so many photos of the list only.
        ids: a file with ids of Open Images, instead of the validation list.
        connections: the most at a time.
        watch: is told how far it has come.
    """

    dataset: Dataset
    destination: str
    limit: int | None = None
    ids: Path | None = None
    connections: int = CONNECTIONS
    watch: Callable[[Progress], None] = lambda _: None

    def run(self) -> FetchReport:
        """Fetch what is missing.

        Raises:
            DatasetError: the list or the archive cannot be fetched, or nothing can be written.
            SourceError: the store cannot be reached.
        """
        if self.ids and not self.dataset.takes_ids:
            raise DatasetError(f"{self.dataset.name} takes no list of ids; open-images-v6 does")
        started = time.monotonic()
        report = FetchReport(self.dataset.name, self.destination)
        target = target_at(self.destination)
        with _alone(target), closing(Web(self.connections)) as web:
            names = self._names(web, target)
            missing = [name for name in names if not target.has(self._place(name))]
            report.wanted, report.present = len(names), len(names) - len(missing)
            self._fetch(web, target, missing, report)
        report.seconds = time.monotonic() - started
        return report

    def _place(self, name: str) -> str:
        return f"{self.dataset.folder}/{name}"

    def _names(self, web: Web, target: Target) -> list[str]:
        if self.ids:
            return list(islice(open_image_names(self.ids), self.limit))
        path = self._downloaded(web, target, self.dataset.list, "annotations")
        if not self.dataset.list_member:
            self._keep(target, path)
            return list(islice(open_image_names(path), self.limit))
        listed = coco_captions(path, self.dataset.list_member)
        chosen = dict(islice(listed.items(), self.limit))
        if any(chosen.values()):
            target.write(f"{self.dataset.folder}.json", _collection(chosen))
        return list(chosen)

    def _keep(self, target: Target, path: Path) -> None:
        """The list tells the photos' authors and licences."""
        name = f"annotations/{path.name}"
        if not target.has(name):
            target.write(name, path.read_bytes())

    def _downloaded(self, web: Web, target: Target, file: Remote, stage: str) -> Path:
        path = target.aside / file.name
        if not path.exists():
            watch = self.watch
            web.download(file.url, path, file.md5, lambda *seen: watch(Progress(stage, *seen)))
        return path

    def _fetch(self, web: Web, target: Target, missing: Sequence[str], report: FetchReport) -> None:
        archive = self.dataset.archive
        if not archive or len(missing) <= ARCHIVE_FROM * self.dataset.images:
            self._put(target, missing, lambda name: web.get(self.dataset.photo_url + name), report)
            return
        path = self._downloaded(web, target, archive, "archive")
        with _opened(path) as photos:
            self._put(target, missing, lambda name: _unpacked(photos, self._place(name)), report)
        if not report.failed:
            path.unlink()

    def _put(
        self,
        target: Target,
        names: Sequence[str],
        read: Callable[[str], bytes],
        report: FetchReport,
    ) -> None:
        """A photo that cannot be read is reported; where one cannot be written, none can."""

        def put(name: str) -> int:
            try:
                data = read(name)
            except DatasetError as error:
                raise PhotoError("fetch", str(error)) from error
            target.write(self._place(name), data)
            return len(data)

        self.watch(Progress("photos", 0, len(names)))
        outcomes = in_parallel(put, names, self.connections, PhotoError)
        for done, (name, size) in enumerate(outcomes, 1):
            if isinstance(size, PhotoError):
                report.failed[name] = str(size)
            else:
                report.fetched += 1
                report.bytes += size
            self.watch(Progress("photos", done, len(names), len(report.failed)))


@contextmanager
def _alone(target: Target) -> Iterator[None]:
    try:
        with FileLock(target.aside / "lock", timeout=0):
            yield
    except Timeout:
        raise DatasetError(
            f"another run is fetching into the same place; wait for it, or stop it "
            f"({target.aside / 'lock'})"
        ) from None


def _collection(photos: Captions) -> bytes:
    rows = [{"file": name, "captions": said} for name, said in photos.items() if said]
    return json.dumps(rows, indent=1).encode()


def _opened(path: Path) -> ZipFile:
    try:
        return ZipFile(path)
    except (OSError, BadZipFile) as error:
        raise DatasetError(f"cannot open {path}: {error}; delete it and run again") from error


def _unpacked(archive: ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (KeyError, BadZipFile, OSError) as error:
        raise DatasetError(f"{name} cannot be unpacked: {error}") from error
