"""Sources, their files, and the files that failed: what lies where, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from wordsight.catalog.database import next_version
from wordsight.catalog.dialects import upsert, writing
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import failures, files, photos, sources

_CHUNK = 2000


@dataclass(frozen=True)
class Listing:
    """A file as its source lists it."""

    uri: str
    size: int
    fingerprint: str
    mtime_ns: int | None = None


@dataclass(frozen=True)
class WaitingFile:
    """A file that is still to be described. `size` is in bytes; `known` is the hash of what it
    showed before it changed, if that need not be described again, else empty."""

    id: int
    uri: str
    size: int
    fingerprint: str
    known: str


@dataclass(frozen=True)
class Failure:
    """A file that could not be described, and why."""

    uri: str
    stage: str
    reason: str
    failed_at: datetime


class Inventory:
    """The `sources`, `files` and `failures` tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def sources(self) -> list[str]:
        """URIs of all sources, oldest first."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(sources.c.uri).order_by(sources.c.id)))

    @retried
    def add_source(self, uri: str) -> int:
        """The source's id; it is added if it is new."""
        with writing(self._engine) as connection:
            found = connection.scalar(select(sources.c.id).where(sources.c.uri == uri))
            if found is not None:
                return int(found)
            added = insert(sources).values(uri=uri).returning(sources.c.id)
            return int(connection.execute(added).scalar_one())

    @retried
    def begin_run(self) -> int:
        """A number for a new listing, higher than any before."""
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.max(files.c.seen_in))) or 0) + 1

    def record_listing(
        self,
        source_id: int,
        run: int,
        listings: Iterable[Listing],
        tick: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Mark the listed files as seen; new and changed ones wait to be described.

        Returns the number of files listed, which `tick` is told as it grows.
        """
        listed = 0
        rows = iter(listings)
        while chunk := list(islice(rows, _CHUNK)):
            self._record_chunk(source_id, run, chunk)
            listed += len(chunk)
            tick(listed)
        return listed

    @retried
    def _record_chunk(self, source_id: int, run: int, chunk: Sequence[Listing]) -> None:
        with writing(self._engine) as connection:
            _mark_changed(connection, chunk)
            _upsert(connection, source_id, run, chunk)

    @retried
    def sweep(self, source_id: int, source_uri: str, run: int, unlisted: Sequence[str] = ()) -> int:
        """Forget the files below a source that neither `run` nor a later one saw. Returns how many.

        Those below the `unlisted` folders stay: what cannot be seen now is not gone. So do those
        of sources in hidden folders below this one, which it passes over.
        """
        gone = _below(source_uri) & (files.c.seen_in < run)
        hidden = [uri for uri in self.sources() if _is_hidden_below(source_uri, uri)]
        for folder in [*unlisted, *hidden]:
            gone &= ~_below(folder)
        with writing(self._engine) as connection:
            _touch_photos(connection, gone)
            removed = connection.execute(delete(files).where(gone)).rowcount
            connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(indexed_at=datetime.now(UTC).replace(tzinfo=None))
            )
            return removed

    @retried
    def forget(self, source_uri: str) -> bool:
        """Forget a source and all files below it, but for those of other sources below it.

        False if there is no such source.
        """
        with writing(self._engine) as connection:
            below = _below(source_uri)
            inner = select(sources.c.id, sources.c.uri).where(_below(source_uri, sources.c.uri))
            for source in connection.execute(inner.order_by(func.length(sources.c.uri))).all():
                its = _below(source.uri)
                connection.execute(update(files).where(its).values(source_id=source.id))
                below &= ~its
            _touch_photos(connection, below)
            connection.execute(delete(files).where(below))
            removed = delete(sources).where(sources.c.uri == source_uri)
            return connection.execute(removed).rowcount > 0

    def waiting(self, described_by: str, retry_failed: bool) -> Iterator[WaitingFile]:
        """Files without a description by that set of models, failed ones only on request."""
        last = 0
        while rows := self._waiting_after(last, described_by, retry_failed):
            yield from rows  # by pages, so that the batches in between may write
            last = rows[-1].id

    @retried
    def _waiting_after(self, last: int, described_by: str, retry_failed: bool) -> list[WaitingFile]:
        query = waiting_files(described_by, retry_failed).where(files.c.id > last)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(files.c.id).limit(_CHUNK)).all()
        return [WaitingFile(*row) for row in rows]

    @retried
    def count_waiting(self, described_by: str, retry_failed: bool) -> int:
        """How many files `waiting` would give."""
        query = waiting_files(described_by, retry_failed).with_only_columns(func.count())
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    @retried
    def record_failures(self, rows: Sequence[tuple[int, str, str]]) -> None:
        """Record `(file id, stage, reason)`; what the file showed before no longer counts."""
        if not rows:
            return
        now = datetime.now(UTC).replace(tzinfo=None)
        ids = [file_id for file_id, _, _ in rows]
        with writing(self._engine) as connection:
            _release(connection, ids)
            connection.execute(delete(failures).where(failures.c.file_id.in_(ids)))
            connection.execute(
                insert(failures),
                [
                    {"file_id": file_id, "stage": stage, "reason": reason, "failed_at": now}
                    for file_id, stage, reason in rows
                ],
            )

    @retried
    def retry(self, stage: str) -> None:
        """Let files wait again that failed at a stage, since what was in the way is gone."""
        with writing(self._engine) as connection:
            connection.execute(delete(failures).where(failures.c.stage == stage))

    @retried
    def photo_at(self, uri: str) -> int | None:
        """The photo that a file shows, if it shows one."""
        with self._engine.connect() as connection:
            return connection.scalar(select(files.c.photo_id).where(files.c.uri == uri))

    @retried
    def failures(self) -> list[Failure]:
        """All failures, by URI."""
        query = (
            select(files.c.uri, failures.c.stage, failures.c.reason, failures.c.failed_at)
            .join(failures)
            .order_by(files.c.uri)
        )
        with self._engine.connect() as connection:
            return [Failure(*row) for row in connection.execute(query)]

    @retried
    def counts(self) -> dict[str, int]:
        """Files in all, described, failed and waiting; distinct photos among them."""
        with self._engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(files)).scalar_one()
            failed = connection.execute(select(func.count()).select_from(failures)).scalar_one()
            held, distinct = connection.execute(
                select(func.count(files.c.photo_id), func.count(files.c.photo_id.distinct()))
            ).one()
            again = connection.execute(
                select(func.count()).where(files.c.changed, files.c.photo_id.is_not(None))
            ).scalar_one()
        return {
            "files": total,
            "described": held,
            "photos": distinct,
            "failed": failed,
            "waiting": total - held - failed + again,
        }


def _mark_changed(connection: Connection, chunk: Sequence[Listing]) -> None:
    """Files that have changed since they were described are to be read again.

    Until then they show what they showed: a restored backup changes every file, and seldom
    what is in it.
    """
    listed = {row.uri: row.fingerprint for row in chunk}
    known = connection.execute(
        select(files.c.id, files.c.uri, files.c.fingerprint).where(files.c.uri.in_(listed))
    )
    changed = [row.id for row in known if row.fingerprint != listed[row.uri]]
    if changed:
        connection.execute(update(files).where(files.c.id.in_(changed)).values(changed=True))
        connection.execute(delete(failures).where(failures.c.file_id.in_(changed)))


def _upsert(connection: Connection, source_id: int, run: int, chunk: Sequence[Listing]) -> None:
    statement = upsert(connection, files)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["uri"],
        set_={
            "source_id": new.source_id,
            "size": new.size,
            "mtime_ns": new.mtime_ns,
            "fingerprint": new.fingerprint,
            "seen_in": case((files.c.seen_in > new.seen_in, files.c.seen_in), else_=new.seen_in),
        },
    )
    shared = {"source_id": source_id, "seen_in": run, "changed": False}
    rows = [{**shared, **asdict(row)} for row in chunk]
    connection.execute(statement, rows)


def _below(folder_uri: str, uri: ColumnElement[str] = files.c.uri) -> ColumnElement[bool]:
    """Whether a file (or what else has a URI) lies in a folder or below it."""
    folder = folder_uri.rstrip("/") + "/"
    return func.substr(uri, 1, len(folder)) == folder  # LIKE would ignore case


def _is_hidden_below(folder_uri: str, uri: str) -> bool:
    """Whether a hidden folder below the first is, or holds, the second."""
    folder = folder_uri.rstrip("/") + "/"
    return uri.startswith(folder) and "/." in uri[len(folder) - 1 :]


def waiting_files(described_by: str, retry_failed: bool) -> Select[int, str, int, str, str]:
    """Files without a description by that set of models, as `WaitingFile`."""
    known = case((photos.c.described_by == described_by, photos.c.sha256), else_="")
    query = (
        select(files.c.id, files.c.uri, files.c.size, files.c.fingerprint, known)
        .outerjoin(photos)
        .where(
            files.c.photo_id.is_(None) | files.c.changed | (photos.c.described_by != described_by)
        )
    )
    if retry_failed:
        return query
    return query.where(~exists().where(failures.c.file_id == files.c.id))


def _release(connection: Connection, file_ids: Sequence[int]) -> None:
    """Part files from their photos."""
    chosen = files.c.id.in_(file_ids)
    _touch_photos(connection, chosen)
    connection.execute(update(files).where(chosen).values(photo_id=None, changed=False))


def _touch_photos(connection: Connection, chosen: ColumnElement[bool]) -> None:
    """Note that the photos of the chosen files lie elsewhere from now on, or nowhere."""
    held = select(files.c.photo_id).where(chosen, files.c.photo_id.is_not(None))
    if connection.scalar(select(held.exists())):
        version = next_version(connection)
        connection.execute(update(photos).where(photos.c.id.in_(held)).values(version=version))
