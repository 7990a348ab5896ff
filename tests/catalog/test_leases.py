"""Runs beside each other share what waits; a run that is gone holds nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.catalog.steps import MODELS, content_hash, describe, list_folder, waiting
from tests.postgres import postgresql_made_once

from wordsight.catalog import Catalog
from wordsight.catalog.leases import Run

NAMES = [f"photo {i}" for i in range(10)]


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    opened = Catalog(postgresql_made_once())
    list_folder(opened, NAMES)
    yield opened
    opened.close()


def claim(run: Run, count: int = 100, after: int = 0) -> list[str]:
    found = run.claim_files(MODELS, False, after, count)
    return [file.uri.rpartition("/")[2] for file in found]


def disconnect(catalog: Catalog) -> None:
    """All that are connected, as when their processes are killed."""
    url = catalog.engine.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_no_file_is_given_to_two_runs(catalog: Catalog) -> None:
    with catalog.run() as one, catalog.run() as two:
        assert claim(one, 4) == NAMES[:4]
        assert claim(two, 4) == NAMES[4:8]
        assert claim(one) == [*NAMES[:4], *NAMES[8:]]
        assert claim(two) == NAMES[4:8]


def test_files_of_a_run_that_has_ended_are_free(catalog: Catalog) -> None:
    with catalog.run() as one:
        assert claim(one) == NAMES
    with catalog.run() as two:
        assert claim(two) == NAMES


def test_files_of_a_run_that_was_killed_are_free_at_once(catalog: Catalog) -> None:
    killed = catalog.run()
    killed.__enter__()
    assert claim(killed) == NAMES
    disconnect(catalog)
    with catalog.run() as two:
        assert claim(two) == NAMES


def test_a_run_that_lost_its_connection_goes_on_and_is_known_again(catalog: Catalog) -> None:
    with catalog.run() as one, catalog.run() as two:
        assert claim(one, 4) == NAMES[:4]
        disconnect(catalog)
        assert one.claim_contents(["new"], MODELS) == (frozenset(), frozenset())
        assert claim(two) == NAMES[4:]
        assert two.claim_contents(["new"], MODELS) == (frozenset(), {"new"})


def test_a_file_that_is_stored_waits_no_more(catalog: Catalog) -> None:
    with catalog.run() as one, catalog.run() as two:
        assert claim(one, 2) == NAMES[:2]
        ids = waiting(catalog)
        describe(catalog, **{NAMES[0]: "dog"})
        one.release([ids[NAMES[0]], ids[NAMES[1]]], [])
        assert claim(two) == NAMES[1:]


def test_a_content_is_described_by_one_run(catalog: Catalog) -> None:
    describe(catalog, **{NAMES[0]: "dog"})
    dog, cat, bird = (content_hash(content) for content in ("dog", "cat", "bird"))
    with catalog.run() as one, catalog.run() as two:
        assert one.claim_contents([dog, cat], MODELS) == ({dog}, frozenset())
        assert two.claim_contents([dog, cat, bird], MODELS) == ({dog}, {cat})
        assert one.claim_contents([cat, bird], MODELS) == (frozenset(), {bird})
        describe(catalog, **{NAMES[1]: "cat"})
        one.release([], [cat])
        assert two.claim_contents([cat], MODELS) == ({cat}, frozenset())
        assert two.claim_contents([dog], "models-2") == (frozenset(), frozenset())
