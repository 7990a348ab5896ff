"""Metadata of real files in a real library, sidecars and older libraries included."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import Run
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


def test_a_photo_is_shown_with_all_that_is_known(photo: Path, wordsight: Run) -> None:
    assert wordsight("index", photo.parent).returncode == 0
    shown = wordsight("show", photo).stdout.splitlines()
    assert any(line.startswith("certainty") for line in shown)
    facts = [line.split(maxsplit=1) for line in shown]
    assert "certainty" in [name for name, _ in facts]
    assert [fact for fact in facts if fact[0] not in ("caption", "certainty", "file")] == [
        ["size", "640 x 427"],
        ["taken", "2019-07-14 18:03:59 +02:00"],
        ["camera", "Google Pixel 7"],
        ["lens", "50 mm"],
        ["place", "48.85833, -2.29000"],
        ["rating", "3 of 5"],
        ["keywords", "Beach, sea"],
    ]
    told = json.loads(wordsight("show", "--json", photo).stdout)
    assert (told["utc_offset"], told["latitude"], told["camera"]) == (120, 48.8583333, "Pixel 7")
    (hit,) = json.loads(wordsight("search", "--json", "a house").stdout)
    assert (hit["camera"], hit["taken_at"]) == ("Pixel 7", "2019-07-14 18:03:59")
    assert not {"latitude", "longitude"} & hit.keys()


def test_what_is_not_in_the_library_is_told_in_one_line(photo: Path, wordsight: Run) -> None:
    wordsight("index", photo.parent)
    run = wordsight("show", photo.with_name("other.jpg"))
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert "is not described in this library" in run.stderr
