"""A library of an older wordsight is opened as it is, and keeps what cannot be made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, inspect, text
from tests.catalog.steps import (
    FOLDER,
    MODELS,
    assert_sizes_are_right,
    cells_of,
    clustering_row,
    content_hash,
    describe,
    findable,
    list_folder,
    members,
    model_rows,
    photo_id,
    photo_row,
    schema_differences,
    waiting,
)

import wordsight.catalog
from wordsight.catalog import Catalog
from wordsight.catalog.database import HEAD
from wordsight.catalog.dialects import connect, count_on, normal_url
from wordsight.catalog.vectors import HalfVectors
from wordsight.errors import LibraryError

CONTENTS = {"a": "dog", "b": "cat", "copy": "dog"}
CATALOG_ID, VERSION = "0123456789abcdef0123456789abcdef", 17
WHEN = photo_row("dog").metadata.taken_at


@pytest.fixture
def old(url: str) -> str:
    """A catalog of the first schema: two photos in three files, one failed, a clustering."""
    engine = create_engine(url)
    config = Config()
    package = Path(wordsight.catalog.__file__).parent
    config.set_main_option("script_location", str(package / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    present = MetaData()
    present.reflect(engine)
    engine.dispose()
    fill(url, present)
    return url


def fill(url: str, present: MetaData) -> None:
    present.tables["embeddings"].c.vector.type = HalfVectors()
    engine = connect(normal_url(url))
    with engine.begin() as connection:
        for table, rows in OLD_ROWS.items():
            connection.execute(present.tables[table].insert(), rows)
        state = present.tables["state"]
        connection.execute(state.update().values(catalog_id=CATALOG_ID, version=VERSION))
        count_on(connection, present.tables.values())
    engine.dispose()


def old_photo(number: int, content: str) -> dict[str, object]:
    return {
        "id": number,
        "sha256": content_hash(content),
        "width": 640,
        "height": 480,
        "format": "JPEG",
        "taken_at": WHEN,
        "described_by": MODELS,
        "described_at": WHEN,
        "version": VERSION,
    }


def old_file(number: int, name: str, photo: int | None) -> dict[str, object]:
    return {
        "id": number,
        "source_id": 1,
        "uri": f"{FOLDER}/{name}",
        "size": 10,
        "fingerprint": "fingerprint",
        "photo_id": photo,
        "changed": False,
        "seen_in": 1,
    }


def old_embedding(photo: int, content: str, signal: str) -> dict[str, object]:
    vector = getattr(photo_row(content), f"{signal}_vector")
    stored = vector.astype("<f2").tobytes()
    return {"photo_id": photo, "signal": signal, "model_id": 1, "vector": stored}


OLD_ROWS: dict[str, list[dict[str, object]]] = {
    "sources": [{"id": 1, "uri": FOLDER}],
    "models": [{"id": i, **vars(row)} for i, row in enumerate(model_rows(), 1)],
    "photos": [old_photo(1, "dog"), old_photo(2, "cat")],
    "files": [
        old_file(1, "a", 1),
        old_file(2, "b", 2),
        old_file(3, "copy", 1),
        old_file(4, "bad", None),
    ],
    "failures": [{"file_id": 4, "stage": "decode", "reason": "bad", "failed_at": WHEN}],
    "captions": [
        {"photo_id": i, "model_id": 1, "text": photo_row(content).caption, "confidence": -0.5}
        for i, content in enumerate(("dog", "cat"), 1)
    ],
    "embeddings": [
        old_embedding(i, content, signal)
        for i, content in enumerate(("dog", "cat"), 1)
        for signal in ("caption", "picture")
    ],
    "clusterings": [
        {
            "id": 5,
            "method": "pca+kmeans",
            "parameters": "{}",
            "photos": 2,
            "explained_variance": 0.9,
            "mean": b"\0" * 8,
            "components": b"\0" * 8,
            "active": True,
            "created_at": WHEN,
        }
    ],
    "centroids": [{"clustering_id": 5, "cell": 0, "size": 2, "vector": b"\0" * 8}],
    "memberships": [{"clustering_id": 5, "photo_id": i, "cell": 0} for i in (1, 2)],
}


def revision(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return str(found)


def test_photos_and_their_descriptions_stay_as_they_were(old: str) -> None:
    catalog = Catalog(old)
    descriptions = catalog.descriptions
    assert (descriptions.catalog_id(), descriptions.version()) == (CATALOG_ID, VERSION)
    assert catalog.inventory.sources() == [FOLDER]
    assert catalog.inventory.counts() == {
        "files": 4,
        "described": 3,
        "photos": 2,
        "failed": 1,
        "waiting": 0,
    }
    assert (findable(catalog), photo_id(catalog, "cat")) == ([1, 2], 2)
    details = descriptions.details([1, 2])
    assert details[1].uris == (f"{FOLDER}/a", f"{FOLDER}/copy")
    assert details[2].caption == photo_row("cat").caption
    expected = photo_row("cat").picture_vector
    assert abs(descriptions.vectors(MODELS).picture[1] - expected).max() < 1e-3
    assert descriptions.models() == model_rows()[:1]
    catalog.close()


def test_the_old_clustering_is_gone_and_new_ones_take_its_place(old: str) -> None:
    catalog = Catalog(old)
    assert catalog.clusterings.heads() == []
    clustering_id = catalog.clusterings.add(clustering_row(), members({1: 2, 2: 0}))
    assert cells_of(catalog, clustering_id) == {1: 2, 2: 0}
    list_folder(catalog, {**dict.fromkeys(CONTENTS, "fingerprint"), "new": "fingerprint"})
    assert list(waiting(catalog)) == ["new"]
    describe(catalog, into=clustering_id, new="bird")
    assert len(cells_of(catalog, clustering_id)) == 3
    assert_sizes_are_right(catalog)
    catalog.close()


def test_an_old_database_gets_the_schema_of_a_new_one(old: str) -> None:
    assert revision(old) == "0001"
    Catalog(old).close()
    assert revision(old) == HEAD
    engine = create_engine(old)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    (index,) = inspect(engine).get_indexes("memberships")
    assert index["column_names"] == ["clustering_id", "cell"]
    engine.dispose()


def test_opened_again_it_is_not_migrated_again(old: str) -> None:
    first = Catalog(old)
    clustering_id = first.clusterings.add(clustering_row(), members({1: 0}))
    first.close()
    again = Catalog(old)
    assert cells_of(again, clustering_id) == {1: 0}
    again.close()


def test_a_migration_that_fails_half_way_leaves_the_old_database(old: str) -> None:
    engine = create_engine(old)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE components (id INTEGER)"))  # in the way
    with pytest.raises(LibraryError, match="components"):
        Catalog(old)
    assert revision(old) == "0001"
    with engine.begin() as connection:
        held = connection.execute(text("SELECT photo_id FROM memberships")).scalars().all()
        assert held == [1, 2]
        connection.execute(text("DROP TABLE components"))
    engine.dispose()
    catalog = Catalog(old)
    assert findable(catalog) == [1, 2]
    catalog.close()
