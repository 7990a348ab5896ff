"""Opening the catalog's database, and bringing it to the present schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    inspect,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from wordsight.catalog.schema import state
from wordsight.errors import LibraryError

HEAD = "0002"
"""The newest migration in `migrations/versions`."""


def sqlite_url(path: Path) -> URL:
    """The URL of an SQLite file, whatever characters are in its path."""
    return URL.create("sqlite", database=str(path))


def open_database(url: URL | str) -> Engine:
    """Connect, create or migrate the schema as needed.

    Raises:
        LibraryError: the database cannot be opened, or is newer than this wordsight.
    """
    engine = _engine(url)
    try:
        _bring_to_head(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def next_version(connection: Connection) -> int:
    """Raise the catalog's version, and hold it until the transaction ends.

    To be called in each transaction that changes what can be found, and in no other.
    """
    raised = update(state).values(version=state.c.version + 1).returning(state.c.version)
    return int(connection.execute(raised).scalar_one())


def _engine(url: URL | str) -> Engine:
    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError) as error:  # no URL, or a database without its driver
        raise LibraryError(f"cannot use this catalog URL: {error}") from error
    event.listen(engine, "handle_error", _explain)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _explain(context: ExceptionContext) -> None:
    """A database that is locked, full, damaged or gone is told in one line, wherever it shows."""
    place = _shown(context.engine.url) if context.engine else "?"
    reason = str(context.original_exception).splitlines()[0]
    raise LibraryError(f"the catalog {place} cannot be used: {reason}")


def _begin_sqlite(connection: Connection) -> None:
    """Python's driver would begin at the first change only, so that the reads of one
    transaction could see different states."""
    connection.exec_driver_sql("BEGIN")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # leaves BEGIN to `_begin_sqlite`
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")  # searches go on while an index run writes
    cursor.execute("PRAGMA synchronous = FULL")  # a snapshot must not outlive what it is built from
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _bring_to_head(engine: Engine) -> None:
    present = _present_revision(engine)
    if present == HEAD:
        return
    if present is not None and present > HEAD:
        raise LibraryError(
            f"the catalog is of schema {present}, newer than this wordsight knows ({HEAD}); "
            "update wordsight"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _present_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _shown(url: URL) -> str:
    if url.drivername.startswith("sqlite"):
        return url.database or ":memory:"
    return url.render_as_string(hide_password=True)
