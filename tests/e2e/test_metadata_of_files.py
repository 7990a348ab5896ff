"""Metadata of real files in a real library, sidecars and older libraries included."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from PIL import Image
from tests.photos.test_metadata import OF_PACKET, PACKET, camera_exif

from wordsight import Library
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.models.packaged import ModelSet


@pytest.fixture
def photo(tmp_path: Path, sample_photos: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(sample_photos / "china.jpg") as image:
        image.save(folder / "a.jpg", exif=camera_exif())
    return folder / "a.jpg"


def told(library: Library) -> MetadataRow:
    (hit,) = library.search("a house")
    row = library.metadata(hit.id)
    assert row is not None
    return row


def test_a_sidecar_written_later_is_read_and_nothing_described_again(
    photo: Path, library_folder: Path, models: ModelSet
) -> None:
    with Library(library_folder, models) as library:
        library.index([photo.parent])
        assert (told(library).rating, told(library).keywords) == (3, ("Beach", "sea"))
        photo.with_suffix(".xmp").write_text(PACKET)
        assert library.index().described == 0
        assert (told(library).rating, told(library).keywords) == (4, ("Plage", "été"))
        photo.with_suffix(".xmp").unlink()
        library.index()
        assert (told(library).rating, told(library).keywords) == (3, ("Beach", "sea"))


def test_photos_described_before_get_their_metadata_without_being_described(
    photo: Path, library_folder: Path, models: ModelSet
) -> None:
    with Library(library_folder, models) as library:
        library.index([photo.parent])
    with sqlite3.connect(library_folder / "catalog.db") as database:
        database.execute("UPDATE photos SET metadata_read_by = NULL, model = NULL, rating = 1")
        database.execute("DELETE FROM keywords")
    photo.with_suffix(".jpg.xmp").write_text(PACKET)
    with Library(library_folder, models) as library:
        library.index()
        seen = []
        report = library.index(watch=seen.append)
        assert (report.described, [p for p in seen if p.stage == "read"]) == (0, [])
        row = told(library)
    assert (row.model, row.rating, row.keywords) == ("Pixel 7", 4, OF_PACKET.keywords)
    assert row.latitude == OF_PACKET.latitude


def test_a_photo_that_cannot_be_read_now_waits_for_the_next_run(
    photo: Path, library_folder: Path, models: ModelSet
) -> None:
    from wordsight.catalog import Catalog, sqlite_url
    from wordsight.rereading import read_outdated

    with Library(library_folder, models) as library:
        library.index([photo.parent])
    with sqlite3.connect(library_folder / "catalog.db") as database:
        database.execute("UPDATE photos SET metadata_read_by = 0")
    catalog = Catalog(sqlite_url(library_folder / "catalog.db"))
    aside = photo.rename(photo.with_name("aside"))
    read_outdated(catalog.metadata, lambda *_: None)
    assert catalog.metadata.count_outdated(1) == 1
    aside.rename(photo)
    read_outdated(catalog.metadata, lambda *_: None)
    assert catalog.metadata.count_outdated(1) == 0
    catalog.close()
