"""Opening a catalog: new, again, too new, or no catalog at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, select, text
from tests.catalog.steps import describe, findable, list_folder, schema_differences

import wordsight.catalog
from wordsight.catalog import Catalog
from wordsight.catalog.database import HEAD, next_version, open_database
from wordsight.catalog.dialects import writing
from wordsight.catalog.schema import state
from wordsight.errors import LibraryError


def test_the_migrations_lead_to_the_schema_in_the_code(url: str) -> None:
    Catalog(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
    engine.dispose()


def test_the_newest_migration_is_the_head() -> None:
    config = Config()
    package = Path(wordsight.catalog.__file__).parent
    config.set_main_option("script_location", str(package / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_new_catalog_is_empty(catalog: Catalog) -> None:
    assert catalog.inventory.sources() == []
    assert set(catalog.inventory.counts().values()) == {0}
    assert catalog.inventory.failures() == []
    assert catalog.descriptions.version() == 0
    assert catalog.descriptions.models() == []
    assert findable(catalog) == []
    assert catalog.clusterings.active("models-1") is None
    assert list(catalog.clusterings.cells()) == []


def test_what_was_stored_is_there_after_reopening(url: str) -> None:
    first = Catalog(url)
    list_folder(first, ["a"])
    describe(first, a="dog")
    version = first.descriptions.version()
    first.close()
    again = Catalog(url)
    assert again.descriptions.version() == version
    assert len(findable(again)) == 1
    again.close()


def test_two_can_have_it_open_and_see_what_the_other_wrote(url: str) -> None:
    writer, reader = Catalog(url), Catalog(url)
    list_folder(writer, ["a"])
    describe(writer, a="dog")
    assert len(findable(reader)) == 1
    writer.close()
    reader.close()


def test_a_writer_that_looks_before_it_writes_waits_for_another(url: str) -> None:
    """Else SQLite refuses what it writes, at once: another wrote since it looked."""
    one, other = Catalog(url), Catalog(url)
    looked = threading.Event()

    def look_and_write() -> None:
        with writing(other.engine) as connection:
            connection.execute(select(state)).all()
            looked.set()
            next_version(connection)

    with ThreadPoolExecutor(1) as pool:
        with writing(one.engine) as connection:
            waiting = pool.submit(look_and_write)
            assert not looked.wait(0.5)
            next_version(connection)
        waiting.result(20)
    assert one.descriptions.version() == 2
    one.close()
    other.close()


def test_stopped_in_the_midst_of_a_statement_it_says_so_itself(url: str) -> None:
    engine = open_database(url)

    @event.listens_for(engine, "do_execute")
    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), engine.connect() as connection:
        connection.execute(select(state.c.version))
    engine.dispose()


def test_a_catalog_of_a_newer_wordsight_is_refused_and_left_alone(url: str) -> None:
    Catalog(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LibraryError, match=r"schema 9999, newer .* update wordsight"):
        Catalog(url)
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert stored == "9999"
    engine.dispose()


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(content)
    with pytest.raises(LibraryError, match=r"the catalog .*catalog\.db cannot be used: "):
        Catalog(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_catalog_in_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be used: unable to open"):
        Catalog(f"sqlite:///{tmp_path / 'missing' / 'catalog.db'}")


@pytest.mark.parametrize("url", ["nonsense", "nosuchdatabase://host/name"])
def test_a_url_that_means_nothing_is_refused(url: str) -> None:
    with pytest.raises(LibraryError):
        Catalog(url)
