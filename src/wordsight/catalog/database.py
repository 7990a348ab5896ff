"""Opening the catalog's database, and bringing it to the present schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from wordsight.catalog.schema import state
from wordsight.errors import LibraryError

HEAD = "0001"
"""The newest migration in `migrations/versions`."""


def open_database(url: str) -> Engine:
    """Connect, create or migrate the schema as needed.

    Raises:
        LibraryError: the database cannot be opened, or is newer than this wordsight.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        _bring_to_head(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise LibraryError(f"cannot open the catalog {_shown(url)}: {reason}") from error
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


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")  # searches go on while an index run writes
    cursor.execute("PRAGMA synchronous = NORMAL")
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


def _shown(url: str) -> str:
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite"):
        return parsed.database or ":memory:"
    return parsed.render_as_string(hide_password=True)
