"""Near-duplicates of real photos in a real library, from indexing to what is shown."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.conftest import Run
from tests.duplicates.conftest import CHANGES, changed
from tests.photos.test_metadata import camera_exif

from wordsight import Library
from wordsight.duplicates import comparing
from wordsight.duplicates.comparing import connected
from wordsight.models.packaged import ModelSet


def names(library: Library) -> list[set[str]]:
    """The series, each as the names of its files."""
    return [
        {unquote(photo.uris[0].rpartition("/")[2]) for photo in photos}
        for photos in library.duplicates().series().values()
    ]


@pytest.mark.parametrize("many", [comparing._MANY, 0], ids=["with all", "in groups"])
def test_changed_copies_are_found_and_different_photos_are_not(
    photos: Path,
    library_folder: Path,
    models: ModelSet,
    monkeypatch: pytest.MonkeyPatch,
    many: float,
) -> None:
    monkeypatch.setattr(comparing, "_MANY", many)
    copies = {changed(photos / "china.jpg", how, photos / f"{how}.jpg").name for how in CHANGES}
    with Library(library_folder, models) as library:
        library.index([photos])
        assert names(library) == [{"china.jpg", *copies}]


def test_what_comes_later_is_compared_with_what_was_there(
    photos: Path, library_folder: Path, models: ModelSet
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
        assert names(library) == []
        changed(photos / "china.jpg", "resized", photos / "later.jpg")
        library.index()
        assert names(library) == [{"china.jpg", "later.jpg"}]
        (photos / "china.jpg").unlink()
        library.index()
        assert names(library) == []
        assert library.search("a temple", limit=1)[0].alike == 0


def test_a_series_is_one_result_that_tells_how_many_it_stands_for(
    photos: Path, library_folder: Path, models: ModelSet
) -> None:
    for how in ("resized", "in grey"):
        changed(photos / "china.jpg", how, photos / f"{how}.jpg")
    with Library(library_folder, models) as library:
        library.index([photos])
        hits = library.find("a temple in china", limit=6).hits
        assert len(hits) == 6  # of eight photos: as many as are asked for, and as there are
        assert sorted(hit.alike for hit in hits) == [0, 0, 0, 0, 0, 2]
        stands = next(hit for hit in hits if hit.alike)
        others = library.duplicates().of(stands)
        assert {stands.id, *(one.id for one in others)} == {
            hit.id for hit in library.find("a temple", 8, collapses=False).hits if hit.series
        }
        assert len(library.find("a temple in china", limit=8, collapses=False).hits) == 8
        assert len(library.find("-name:nothing", limit=20).hits) == 6  # newest first, no words


def test_photos_of_one_moment_are_a_series(
    tmp_path: Path, library_folder: Path, models: ModelSet, sample_photos: Path
) -> None:
    """Mirrored, they fit nowhere; that one camera took them within seconds tells all the same."""
    folder = tmp_path / "burst"
    folder.mkdir()
    with Image.open(sample_photos / "china.jpg") as image:
        mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        for name, frame in {"a": image, "b": mirrored}.items():
            frame.save(folder / f"{name}.jpg", exif=camera_exif())
            frame.save(folder / f"{name}-without.png")
    with Library(library_folder, models) as library:
        library.index([folder])
        (series,) = names(library)
        assert {"a.jpg", "b.jpg"} <= series
    for told in folder.glob("*.jpg"):
        told.unlink()
    with Library(library_folder.with_name("other"), models) as library:
        library.index([folder])
        assert names(library) == []


def test_photos_described_before_are_looked_at_again_once(
    photos: Path, library_folder: Path, models: ModelSet
) -> None:
    changed(photos / "china.jpg", "resized", photos / "small.jpg")
    with Library(library_folder, models) as library:
        library.index([photos])
    with sqlite3.connect(library_folder / "catalog.db") as database:
        database.execute("DELETE FROM likenesses")
    (photos / "coffee.png").write_bytes(b"no picture any more")
    stages: list[str] = []
    with Library(library_folder, models) as library:
        report = library.index(watch=lambda progress: stages.append(progress.stage))
        assert report.described == 0
        assert names(library) == [{"china.jpg", "small.jpg"}]
        assert {"glance", "compare"} <= set(stages)
        stages.clear()
        library.index(watch=lambda progress: stages.append(progress.stage))
        assert not {"glance", "compare"} & set(stages)


def test_the_command_lists_series_and_where_they_lie(
    photos: Path, library_folder: Path, models: ModelSet, wordsight: Run
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
    assert wordsight("duplicates").stderr == "no photos are nearly the same\n"
    changed(photos / "china.jpg", "resized", photos / "small.jpg")
    (photos / "same.jpg").write_bytes((photos / "china.jpg").read_bytes())
    with Library(library_folder, models) as library:
        library.index()
    lines = wordsight("duplicates").stdout.splitlines()
    assert lines[0].startswith("series ")
    assert "2 photos" in lines[0]
    assert {line.split("/")[-1] for line in lines[1:]} == {"china.jpg", "same.jpg", "small.jpg"}
    assert sum("  = " in line for line in lines) == 1
    (series,) = json.loads(wordsight("duplicates", "--json").stdout)
    assert len(series["photos"]) == 2
    assert json.loads(wordsight("duplicates", "--json", "--after", series["series"]).stdout) == []
    assert wordsight("search", "-n", 1, "--json", "a temple").returncode == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_groups_are_what_pairs_connect(pairs: list[tuple[int, int]]) -> None:
    groups = connected(pairs)
    photos = [photo for group in groups for photo in group]
    assert sorted(photos) == sorted({photo for pair in pairs for photo in pair})
    for one, other in pairs:
        assert any(one in group and other in group for group in groups)
    for group in groups:  # nothing is together that no chain of pairs connects
        reached, more = {group[0]}, True
        while more:
            near = {b for a, b in pairs if a in reached} | {a for a, b in pairs if b in reached}
            more = not near <= reached
            reached |= near
        assert reached == set(group)
