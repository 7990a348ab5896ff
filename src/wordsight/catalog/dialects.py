"""Where SQLite and PostgreSQL differ: transactions, sizes, and how they are reached."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    URL,
    BigInteger,
    Connection,
    Engine,
    Function,
    Integer,
    any_,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.schema import Table

from wordsight.catalog.postgresql import connect as connect_postgresql
from wordsight.catalog.postgresql import copy_rows
from wordsight.errors import ConnectionLostError, LibraryError

_MIGRATION_LOCK = 0x776F7264  # "word"; advisory locks are numbers
WRITER_LOCK = _MIGRATION_LOCK + 1
"""Shared by runs beside each other; held alone by what changes clusters or forgets."""
_REFIT_LOCK = _MIGRATION_LOCK + 2
_CHUNK = 5000
Value = TypeVar("Value", int, str)
_PATIENCE_MS = 30_000
"""Of a writer in SQLite: storing a clustering of 70,000 photos takes seconds on a busy machine."""


def normal_url(url: URL | str) -> URL:
    """The URL with the driver that wordsight uses.

    Raises:
        LibraryError: it is no URL of a database that a catalog can be in.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        parsed = None
    kind = parsed.get_backend_name() if parsed else ""
    if parsed is None or kind not in ("sqlite", "postgresql", "postgres"):
        raise LibraryError(  # without the URL: a password may be in it
            "cannot use this catalog URL; it has to look like postgresql://user@host/database"
        )
    return parsed.set(drivername="sqlite" if kind == "sqlite" else "postgresql+psycopg")


def is_shared(url: URL) -> bool:
    """Whether others may use the catalog at the same time, on other machines."""
    return url.drivername != "sqlite"


def shown(url: URL) -> str:
    """A catalog's place as it may be printed: without passwords."""
    if url.drivername.startswith("sqlite"):
        return url.database or ":memory:"
    bare = url.set(drivername="postgresql")
    return bare.difference_update_query(["password", "sslpassword"]).render_as_string()


def connect(url: URL) -> Engine:
    """An engine whose transactions behave alike on both databases: each sees one state of the
    catalog from beginning to end."""
    if url.drivername != "sqlite":
        return connect_postgresql(url)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that changes the catalog. There is one at a time; reading goes on beside it.

    The lock comes before the first look at the data, so a writer waits for those before it, and
    sees all that they wrote. (SQLite would let it read first, and then refuse what it writes at
    once if somebody else has written meanwhile.)
    """
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE state IN EXCLUSIVE MODE")
        yield connection


@contextmanager
def migrating(engine: Engine) -> Iterator[None]:
    """Let no other process migrate meanwhile; what it did before is seen."""
    if engine.dialect.name == "sqlite":
        yield
        return
    with _alone(engine, _MIGRATION_LOCK):
        yield
    engine.dispose()  # connections of before know nothing of the types that were made


@contextmanager
def only_writer(engine: Engine) -> Iterator[bool]:
    """Whether no other run, on any machine, is writing to the catalog; until it ends none can.

    The server lets go of the lock of a run that died. In SQLite, whose catalog is a file, the
    library's lock file does the same.
    """
    if engine.dialect.name == "sqlite":
        yield True
        return
    with session(engine) as holder:
        held = holder.scalar(select(func.pg_try_advisory_lock(WRITER_LOCK)))
        try:
            yield bool(held)
        finally:
            if held:
                with suppress(ConnectionLostError):  # which let go of it
                    holder.execute(select(func.pg_advisory_unlock(WRITER_LOCK)))


@contextmanager
def refitting(engine: Engine) -> Iterator[None]:
    """Let only one run at a time fit cells anew; others wait until it has."""
    if engine.dialect.name == "sqlite":
        yield
        return
    with _alone(engine, _REFIT_LOCK):
        yield


@contextmanager
def _alone(engine: Engine, lock: int) -> Iterator[None]:
    with session(engine) as holder:
        holder.execute(select(func.pg_advisory_lock(lock)))
        try:
            yield
        finally:
            with suppress(ConnectionLostError):  # which let go of it
                holder.execute(select(func.pg_advisory_unlock(lock)))


def session(engine: Engine) -> Connection:
    """A connection without transactions, to hold locks by."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def can_search(engine: Engine) -> bool:
    """Whether the database compares vectors itself."""
    return engine.dialect.name == "postgresql"


def insert_many(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns, by the quickest way there is."""
    left = iter(rows)
    if connection.dialect.name == "postgresql":
        copy_rows(connection, table, left)
        return
    while chunk := list(islice(left, _CHUNK)):
        connection.execute(insert(table), chunk)


def among(
    connection: Connection, column: ColumnElement[Value], values: Sequence[Value]
) -> ColumnElement[bool]:
    """Whether a column is one of many values: to PostgreSQL one parameter, not one for each."""
    if connection.dialect.name == "postgresql":
        return column == any_(cast(values, ARRAY(column.type)))
    return column.in_(values)


def in_bound_list(dialect: str, column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the ids that are bound to a name, by `bound_list`: the statement
    is the same for any number of them, and so is prepared once."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(Integer)))
    listed = func.json_each(bindparam(name)).table_valued("value")
    return column.in_(select(listed.c.value))


def bound_list(connection: Connection, ids: Sequence[int]) -> list[int] | str:
    """Ids as they are bound."""
    return list(ids) if connection.dialect.name == "postgresql" else json.dumps(list(ids))


def refresh_statistics(engine: Engine) -> None:
    """After many rows have come at once, which PostgreSQL would notice a minute later."""
    if engine.dialect.name == "postgresql":
        with session(engine) as connection:
            connection.exec_driver_sql("ANALYZE")


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that has `on_conflict_do_update`."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def count_on(connection: Connection, tables: Iterable[Table]) -> None:
    """Give new rows ids above those there are, after rows were inserted with their ids."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        if "id" in table.c and isinstance(table.c.id.type, Integer):
            newest = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(sequence, newest, False)))


def vector_size(connection: Connection, vector: ColumnElement[Any]) -> Function[int]:
    """A vector's size, in whatever unit: equal for equal numbers of components."""
    if connection.dialect.name == "postgresql":
        return func.vector_dims(vector)
    return func.length(vector)


def bytes_used(engine: Engine, tables: Iterable[Table]) -> int:
    """What the catalog takes, indexes included."""
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
    sizes = [func.pg_total_relation_size(table.name, type_=BigInteger) for table in tables]
    with engine.connect() as connection:
        return sum(connection.execute(select(*sizes)).one())


def _begin_sqlite(connection: Connection) -> None:
    """Python's driver would begin at the first change only, so that the reads of one
    transaction could see different states."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # leaves BEGIN to `_begin_sqlite`
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")  # searches go on while an index run writes
    cursor.execute("PRAGMA synchronous = FULL")  # a snapshot must not outlive what it is built from
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
