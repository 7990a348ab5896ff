"""A catalog copied between databases is the same catalog, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Select, Table, select
from tests.catalog.conftest import CATALOGS
from tests.catalog.steps import (
    FOLDER,
    MODELS,
    clustering_row,
    describe,
    fail,
    findable,
    list_folder,
    members,
    photo_id,
    waiting,
)

from wordsight.catalog import Catalog
from wordsight.catalog.copying import copy_catalog, row_count
from wordsight.catalog.schema import metadata, state
from wordsight.errors import LibraryError


@pytest.fixture
def source(catalog: Catalog) -> Catalog:
    """Two photos in three files, one that failed and one that waits, in a clustering."""
    list_folder(catalog, ["a", "copy", "b", "bad", "new"])
    describe(catalog, a="dog", copy="dog", b="cat")
    fail(catalog, "bad")
    ids = [photo_id(catalog, content) for content in ("dog", "cat")]
    catalog.clusterings.add(clustering_row(), members(dict.fromkeys(ids, 1)))
    return catalog


@pytest.fixture(params=CATALOGS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    folder = tmp_path / "target"
    folder.mkdir()
    opened = Catalog(CATALOGS[request.param](folder))
    yield opened
    opened.close()


def ordered(table: Table) -> Select[tuple[object, ...]]:
    return select(table).order_by(*table.primary_key)


def rows(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    with catalog.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(ordered(table))]
            for table in metadata.sorted_tables
            if table is not state
        }


def test_all_is_there_bit_by_bit(source: Catalog, target: Catalog) -> None:
    seen: list[int] = []
    copied = copy_catalog(source, target, seen.append)
    assert copied == sum(seen) == row_count(source) > 20
    assert rows(target) == rows(source)
    assert target.descriptions.version() == source.descriptions.version()


def test_the_copy_goes_on_by_itself(source: Catalog, target: Catalog) -> None:
    copy_catalog(source, target)
    assert list(waiting(target)) == ["new"]
    describe(target, new="bird")
    list_folder(target, ["a", "another"])
    assert len(findable(target)) == 1
    assert len(findable(source)) == 2
    assert target.inventory.add_source("file:///more") > target.inventory.add_source(FOLDER)


def test_what_is_not_empty_is_not_copied_into(source: Catalog, target: Catalog) -> None:
    list_folder(target, ["mine"])
    before = rows(target)
    with pytest.raises(LibraryError, match="has photos already"):
        copy_catalog(source, target)
    assert rows(target) == before


def test_stopped_half_way_the_target_stays_empty(source: Catalog, target: Catalog) -> None:
    def stop_at(table: int) -> Callable[[int], None]:
        calls = iter(range(table + 1))

        def tell(_more: int) -> None:
            if next(calls) == table:
                raise KeyboardInterrupt

        return tell

    for table in (0, 3, 6):
        with pytest.raises(KeyboardInterrupt):
            copy_catalog(source, target, stop_at(table))
        assert row_count(target) == 0
        assert target.descriptions.version() == 0
    copy_catalog(source, target)
    assert findable(target, MODELS) == findable(source, MODELS)


def test_a_copy_is_another_catalog(source: Catalog, tmp_path: Path) -> None:
    fresh = Catalog(f"sqlite:///{tmp_path / 'fresh.db'}")
    copy_catalog(source, fresh)
    assert fresh.descriptions.catalog_id() != source.descriptions.catalog_id()
    fresh.close()
