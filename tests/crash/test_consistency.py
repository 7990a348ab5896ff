"""Each kind of damage is told in a line of its own, and nothing is told of a sound library."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from benchmarks.crash.fake_models import fake_models
from benchmarks.crash.scenarios import paint

from wordsight import Library
from wordsight.catalog.database import open_database, sqlite_url
from wordsight.consistency import problems
from wordsight.index.store import SnapshotStore


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a few photos, and one file that has failed. Not to be changed."""
    photos = tmp_path_factory.mktemp("photos")
    paint(photos, range(6))
    (photos / "broken.jpg").write_text("no picture", encoding="utf-8")
    folder = tmp_path_factory.mktemp("sound") / "library"
    with Library(folder, fake_models()) as library:
        library.index([photos])
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "library"))


def told(folder: Path, models: str = "1") -> list[str]:
    engine = open_database(sqlite_url(folder / "catalog.db"))
    try:
        return problems(engine, SnapshotStore(folder / "snapshots"), fake_models(models))
    finally:
        engine.dispose()


def current(folder: Path) -> Path:
    found = SnapshotStore(folder / "snapshots").current()
    assert found is not None
    return found


def test_a_sound_library_has_no_problems(sound: Path) -> None:
    assert told(sound) == []


def test_a_library_of_other_models_is_no_problem(sound: Path) -> None:
    assert told(sound, "2") == []


def test_before_anything_is_indexed_there_are_no_problems(tmp_path: Path) -> None:
    assert told(tmp_path) == []


def test_photos_that_wait_are_no_problem(folder: Path) -> None:
    """Changed since the snapshot, and so only in the catalog."""
    with sqlite3.connect(folder / "catalog.db") as database:
        database.execute("UPDATE state SET version = version + 1")
        database.execute("UPDATE photos SET version = (SELECT version FROM state) WHERE id = 2")
        database.execute("UPDATE files SET photo_id = NULL WHERE photo_id = 2")
    assert told(folder) == []


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("DELETE FROM captions WHERE photo_id = 3", "photos without exactly one caption: 3"),
        (
            "DELETE FROM embeddings WHERE photo_id < 3 AND signal = 'picture'",
            "photos without an embedding of the picture: 1, 2",
        ),
        (
            "UPDATE embeddings SET vector = x'0000' WHERE photo_id = 2",
            "sets of models with vectors of several sizes: fake-1",
        ),
        (
            "UPDATE embeddings SET vector = (SELECT vector FROM embeddings WHERE photo_id = 1)"
            " WHERE photo_id = 2",
            "photos whose vectors in the snapshot are not the catalog's: 2",
        ),
        ("UPDATE photos SET version = 99 WHERE id = 4", "photos of a version that never was: 4"),
        ("UPDATE files SET photo_id = 99 WHERE photo_id = 4", "references to missing rows"),
        ("UPDATE files SET photo_id = 99 WHERE photo_id = 4", "files that show a missing photo"),
        (
            "UPDATE files SET photo_id = 1 WHERE id IN (SELECT file_id FROM failures)",
            "files that have failed and yet show a photo: file://",
        ),
        (
            "UPDATE files SET changed = 1 WHERE id IN (SELECT file_id FROM failures)",
            "files that have failed and yet wait: file://",
        ),
        (
            "DELETE FROM memberships",
            "in no cell of the active clustering: 1, 2, 3, 4, 5 and 1 more",
        ),
        ("DELETE FROM memberships", "cells of another size than they say: 0 of clustering"),
        ("UPDATE centroids SET size = 9", "cells of another size than they say: 0 of clustering"),
        ("DELETE FROM files WHERE photo_id = 5", "photos that only the snapshot has: 5"),
        ("UPDATE state SET version = 0", ", the catalog only of 0"),
        ("UPDATE state SET catalog_id = 'another'", "is of another catalog"),
    ],
)
def test_damage_to_the_catalog_is_told(folder: Path, damage: str, expected: str) -> None:
    with sqlite3.connect(folder / "catalog.db") as database:
        database.execute(damage)
    assert any(expected in line for line in told(folder)), told(folder)


def test_a_photo_that_the_snapshot_lacks_is_told(folder: Path) -> None:
    """As if it had become findable without raising the version."""
    with sqlite3.connect(folder / "catalog.db") as database:
        database.execute(
            "INSERT INTO photos (id, sha256, width, height, format, described_by, described_at,"
            " version) SELECT 7, 'new', width, height, format, described_by, described_at, version"
            " FROM photos WHERE id = 1"
        )
        database.execute("UPDATE files SET photo_id = 7 WHERE photo_id IS NULL")
    assert "photos that the snapshot lacks: 7" in told(folder)


def test_a_damaged_database_file_is_told(folder: Path) -> None:
    content = bytearray((folder / "catalog.db").read_bytes())
    content[3 * 4096 : 4 * 4096] = bytes(4096)
    (folder / "catalog.db").write_bytes(content)
    assert any("the catalog" in line for line in told(folder))


@pytest.mark.parametrize("name", ["ids.npy", "fused.npy", "caption.npy", "shares.npy"])
def test_changed_bytes_of_a_snapshot_are_told(folder: Path, name: str) -> None:
    file = current(folder) / name
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    expected = f"the snapshot {file.parent.name} is damaged: {name} is not what was written"
    assert expected in told(folder)


@pytest.mark.parametrize("name", ["manifest.json", "fused.npy"])
def test_missing_files_of_a_snapshot_are_told(folder: Path, name: str) -> None:
    (current(folder) / name).unlink()
    assert any("run `wordsight index` to build a new one" in line for line in told(folder))


def test_a_snapshot_that_is_missing_is_told(folder: Path) -> None:
    shutil.rmtree(current(folder))
    assert any("run `wordsight index` to build a new one" in line for line in told(folder))
