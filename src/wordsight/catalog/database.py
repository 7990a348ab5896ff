"""Opening the catalog's database, and bringing it to the present schema."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    event,
    inspect,
    select,
    text,
    update,
)

from wordsight.catalog.dialects import connect, migrating, normal_url, shown
from wordsight.catalog.schema import state
from wordsight.errors import ConnectionLostError, LibraryError

HEAD = "0009"
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


def is_catalog(url: URL | str) -> bool:
    """Whether there is a catalog, of any schema; makes none.

    Raises:
        LibraryError: the database cannot be opened.
    """
    known = normal_url(url)
    if known.drivername == "sqlite":
        return Path(known.database or "").exists()
    engine = _engine(known)
    try:
        return _present_revision(engine) is not None
    finally:
        engine.dispose()


def read_version(engine: Engine) -> int:
    """The catalog's version. Every search asks for it, so no transaction is begun, which would
    take ten times as long as SQLite needs."""
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            return int(connection.execute(select(state.c.version)).scalar_one())
    with closing(engine.raw_connection()) as raw:
        (version,) = raw.cursor().execute("SELECT version FROM state").fetchone()
    return int(version)


def next_version(connection: Connection) -> int:
    """Raise the catalog's version, and hold it until the transaction ends.

    To be called in each transaction that changes what can be found, and in no other.
    """
    raised = update(state).values(version=state.c.version + 1).returning(state.c.version)
    return int(connection.execute(raised).scalar_one())


def _engine(url: URL | str) -> Engine:
    known = normal_url(url)
    try:
        engine = connect(known)
    except ImportError:
        raise LibraryError(
            "catalogs in PostgreSQL need their driver; run `pip install 'wordsight[postgres]'`"
        ) from None
    event.listen(engine, "handle_error", partial(_explain, shown(engine.url)))
    return engine


def _explain(place: str, context: ExceptionContext) -> None:
    """A database that is locked, full, damaged or gone is told in one line, wherever it shows."""
    if context.is_pre_ping:  # a pooled connection has died; the pool makes another
        return
    error = context.original_exception
    if not isinstance(error, Exception):  # Ctrl-C in the midst of a statement
        return
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    kind = ConnectionLostError if context.is_disconnect or not context.connection else LibraryError
    raise kind(f"the catalog {place} cannot be used: {reason}")


def _bring_to_head(engine: Engine) -> None:
    if _is_at_head(engine):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with migrating(engine):
        if _is_at_head(engine):
            return
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)


def _is_at_head(engine: Engine) -> bool:
    present = _present_revision(engine)
    if present is not None and present > HEAD:
        raise LibraryError(
            f"the catalog is of schema {present}, newer than this wordsight knows ({HEAD}); "
            "update wordsight"
        )
    return present == HEAD


def _present_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
