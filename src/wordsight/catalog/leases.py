"""Which run describes what, so that runs beside each other describe no photo twice.

For PostgreSQL only; in SQLite there is one run at a time. A lease holds as long as its run is
connected: the server lets go of the run's lock with its connection, however that ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    cast,
    column,
    delete,
    exists,
    func,
    select,
    table,
)

from wordsight.catalog.dialects import WRITER_LOCK, session, upsert, writing
from wordsight.catalog.inventory import WaitingFile, waiting_files
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import files, leases, photos
from wordsight.errors import ConnectionLostError, LibraryError

_RUNS = 0x776F
"""Runs hold advisory locks of this class, by their numbers."""
_ADVISORY = table(
    "pg_locks", *map(column, ("locktype", "database", "classid", "objid", "objsubid", "granted"))
)
_DATABASES = table("pg_database", column("oid"), column("datname"))


class Run:
    """A run that describes photos beside others, from `with` to its end. No other that lives has
    its `number`.

    Raises:
        LibraryError: something is under way that must be alone.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.number = secrets.randbelow(2**31)
        self._session: Connection | None = None

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ConnectionLostError):  # which let go of all
            with writing(self._engine) as connection:
                connection.execute(delete(leases).where(leases.c.holder == self.number))
            self._close()

    @retried
    def claim_files(
        self, described_by: str, retry_failed: bool, after: int, count: int
    ) -> list[WaitingFile]:
        """The next files that wait and that no other run has, by id; they are this run's now."""
        self._stay()
        with writing(self._engine) as connection:
            query = waiting_files(described_by, retry_failed).where(
                files.c.id > after, ~self._held_by_others(cast(files.c.id, String))
            )
            rows = connection.execute(query.order_by(files.c.id).limit(count)).all()
            self._hold(connection, [str(row.id) for row in rows])
        return [WaitingFile(*row) for row in rows]

    @retried
    def claim_contents(
        self, sha256: Sequence[str], described_by: str
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Contents that are described already, and those that another run is describing.

        The others are this run's now.
        """
        self._stay()
        with writing(self._engine) as connection:
            done = select(photos.c.sha256).where(
                photos.c.sha256.in_(sha256), photos.c.described_by == described_by
            )
            known = frozenset(connection.scalars(done))
            others = select(leases.c.key).where(
                leases.c.key.in_(sha256), self._held_by_others(leases.c.key)
            )
            busy = frozenset(connection.scalars(others)) - known
            self._hold(connection, [key for key in sha256 if key not in known | busy])
        return known, busy

    @retried
    def release(self, file_ids: Iterable[int], sha256: Iterable[str]) -> None:
        """What is stored need not be held any longer."""
        keys = [*map(str, file_ids), *sha256]
        with writing(self._engine) as connection:
            mine = leases.c.holder == self.number
            connection.execute(delete(leases).where(leases.c.key.in_(keys), mine))

    def _open(self) -> None:
        self._session = session(self._engine)
        alone = select(func.pg_try_advisory_lock_shared(WRITER_LOCK))
        if not self._session.scalar(alone):
            self._close()
            raise LibraryError("the clusters of this library are being changed; try again later")
        self._session.execute(select(func.pg_advisory_lock(_RUNS, self.number)))

    def _close(self) -> None:
        if self._session is not None:
            self._session.execute(select(func.pg_advisory_unlock_all()))
            self._session.close()

    def _stay(self) -> None:
        """After the server has restarted, the run is made known to it again."""
        assert self._session is not None
        try:
            self._session.scalar(select(1))
        except ConnectionLostError:
            self._session.close()
            self._open()

    def _hold(self, connection: Connection, keys: Sequence[str]) -> None:
        if keys:
            statement = upsert(connection, leases)
            taken = {"holder": statement.excluded.holder}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["key"], set_=taken),
                [{"key": key, "holder": self.number} for key in keys],
            )

    def _held_by_others(self, key: ColumnElement[str]) -> ColumnElement[bool]:
        other = leases.alias()
        return exists().where(
            other.c.key == key, other.c.holder != self.number, other.c.holder.in_(_living())
        )


def _living() -> Select[int]:
    """Numbers of the runs that are connected."""
    here = select(_DATABASES.c.oid).where(_DATABASES.c.datname == func.current_database())
    return select(cast(_ADVISORY.c.objid, BigInteger)).where(
        _ADVISORY.c.locktype == "advisory",
        _ADVISORY.c.database == here.scalar_subquery(),
        cast(_ADVISORY.c.classid, BigInteger) == _RUNS,
        _ADVISORY.c.objsubid == 2,  # of two numbers
        _ADVISORY.c.granted,
    )
