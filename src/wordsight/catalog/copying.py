"""A catalog moved into another database, all or nothing."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, func, select, update

from wordsight.catalog import Catalog
from wordsight.catalog.dialects import count_on, insert_many, writing
from wordsight.catalog.schema import metadata, photos, sources, state
from wordsight.errors import LibraryError

_CHUNK = 2000


_TABLES = [table for table in metadata.sorted_tables if table is not state]


def row_count(catalog: Catalog) -> int:
    """How many rows `copy_catalog` would copy at present."""
    with catalog.engine.connect() as connection:
        counts = [select(func.count()).select_from(table) for table in _TABLES]
        return sum(connection.execute(count).scalar_one() for count in counts)


def copy_catalog(
    source: Catalog, target: Catalog, tell: Callable[[int], None] = lambda _more: None
) -> int:
    """Copy all rows in one transaction, of one state of the source; returns how many.

    Whatever stops it leaves the target empty, as it has to be before. The copy has a
    `catalog_id` of its own, so no snapshot of the original is taken for one of the copy.

    Args:
        tell: is told how many more rows are copied.

    Raises:
        LibraryError: there is something in the target.
    """
    with source.engine.connect() as reading, writing(target.engine) as written:
        if written.scalar(select(sources.c.id).limit(1)) or written.scalar(
            select(photos.c.id).limit(1)
        ):
            raise LibraryError(f"{target.place} has photos already; copy into an empty catalog")
        done = 0
        for table in _TABLES:
            query = select(table).order_by(*table.primary_key)
            rows = reading.execute(query, execution_options={"yield_per": _CHUNK})
            for chunk in rows.mappings().partitions():
                insert_many(written, table, [dict(row) for row in chunk])
                done += len(chunk)
                tell(len(chunk))
        count_on(written, _TABLES)
        _copy_version(reading, written)
    return done


def _copy_version(reading: Connection, written: Connection) -> None:
    version = reading.execute(select(state.c.version)).scalar_one()
    written.execute(update(state).values(version=version))
