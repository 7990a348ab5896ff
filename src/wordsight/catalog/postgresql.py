"""What is asked of PostgreSQL's driver itself: binary vectors, and rows by COPY."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event

from wordsight.errors import ConnectionLostError, LibraryError

_TYPES = {
    "BIGINT": "int8",
    "BOOLEAN": "bool",
    "BYTEA": "bytea",
    "FLOAT": "float8",
    "HALFVEC": "halfvec",
    "INTEGER": "int4",
    "TEXT": "text",
    "TIMESTAMP": "timestamp",
    "VARCHAR": "text",
    "VECTOR": "vector",
}
"""Types of columns as COPY is told of them."""
_KEEPALIVES = {"idle": 60, "interval": 10, "count": 3}
"""Seconds of silence before the server asks, seconds between questions, and how many."""


def connect(url: URL) -> Engine:
    """An engine that sends and fetches in binary: as text, a vector takes fifty times as long.

    Raises:
        ImportError: the extra `postgres` is not installed.
    """
    from psycopg import Cursor
    from psycopg.pq import Format

    class BinaryCursor(Cursor[Any]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.format = Format.BINARY

    engine = create_engine(
        url,
        isolation_level="REPEATABLE READ",
        pool_pre_ping=True,
        connect_args={"cursor_factory": BinaryCursor},
    )
    event.listen(engine, "connect", _know_vectors)
    event.listen(engine, "connect", _notice_vanished_hosts)
    return engine


def copy_rows(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns by COPY.

    Raises:
        LibraryError: the database refuses them.
    """
    from psycopg import Error
    from psycopg.sql import SQL, Identifier

    first = next(rows, None)
    if first is None:
        return
    names = list(first)
    columns = [table.c[name] for name in names]
    dialect = connection.dialect
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    types = [_TYPES[re.split(r"\W", column.type.compile(dialect))[0]] for column in columns]
    driver: Any = connection.connection.driver_connection
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        Identifier(table.name), SQL(", ").join(map(Identifier, names))
    )
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in chain([first], rows):
                values = (row[name] for name in names)
                copy.write_row(
                    [
                        process(value) if process else value
                        for process, value in zip(processors, values, strict=True)
                    ]
                )
    except Error as error:
        reason = str(error).splitlines()[0]
        if driver.broken:
            raise ConnectionLostError(f"the catalog cannot be used: {reason}") from error
        raise LibraryError(f"the catalog refuses rows of {table.name}: {reason}") from error


def _know_vectors(connection: Any, _record: object) -> None:
    """Vectors in binary, once the extension is there: the first migration makes it."""
    from pgvector.psycopg import register_vector
    from psycopg.types import TypeInfo

    if TypeInfo.fetch(connection, "halfvec") is not None:
        register_vector(connection)
    connection.rollback()


def _notice_vanished_hosts(connection: Any, _record: object) -> None:
    """Within a minute and a half, where the server would take hours by itself: until then it keeps
    what they have locked, if they vanish in the midst of a transaction."""
    for name, value in _KEEPALIVES.items():
        connection.execute(f"SET tcp_keepalives_{name} = {value}")
    connection.commit()
