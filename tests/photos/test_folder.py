"""Listing folders and reading files, however odd what lies there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from wordsight.errors import SourceError
from wordsight.photos.folder import FolderSource, path_of
from wordsight.photos.formats import EXTENSIONS


def put(path: Path, content: bytes = b"pixels") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def listed(folder: Path, **options: Path) -> list[str]:
    source = FolderSource(folder, **options)
    names = [str(path_of(file.uri).relative_to(folder.resolve())) for file in source.list()]
    assert source.unlisted == {}
    return names


def test_folders_are_listed_in_order_with_all_below(tmp_path: Path) -> None:
    letters = "hcafbegd"  # enough for no file system to give them in order by chance
    for letter in letters:
        put(tmp_path / f"{letter}.jpg")
        put(tmp_path / letter / "1.jpg")
    put(tmp_path / "c/z/9.jpg")
    below = [f"{letter}/1.jpg" for letter in "abc"] + ["c/z/9.jpg"]
    below += [f"{letter}/1.jpg" for letter in "defgh"]
    assert listed(tmp_path) == [f"{letter}.jpg" for letter in sorted(letters)] + below


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    for name in ["seen.jpg", ".hidden.jpg", "._seen.jpg", ".trash/gone.jpg", "a/.b/c.jpg"]:
        put(tmp_path / name)
    assert listed(tmp_path) == ["seen.jpg"]


@pytest.mark.parametrize("extension", sorted(EXTENSIONS))
def test_pictures_are_known_by_their_ending_in_any_case(tmp_path: Path, extension: str) -> None:
    put(tmp_path / f"a{extension}")
    put(tmp_path / f"b{extension.upper()}")
    assert len(listed(tmp_path)) == 2


@pytest.mark.parametrize("name", ["a.txt", "a.jpg.txt", "jpg", "a.xmp", "a", "a.mp4", ".jpg"])
def test_other_files_are_not_listed(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    assert listed(tmp_path) == []


def test_a_loop_of_links_does_not_trap_the_walk(tmp_path: Path) -> None:
    put(tmp_path / "a/1.jpg")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "a/itself.jpg").symlink_to("itself.jpg")
    assert listed(tmp_path) == ["a/1.jpg", "a/itself.jpg"]


def test_a_folder_called_like_a_photo_is_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "album.jpg/1.jpg")
    assert listed(tmp_path) == ["album.jpg/1.jpg"]


def test_the_excluded_folder_is_not_entered(tmp_path: Path) -> None:
    for name in ["1.jpg", "library/thumbnail.jpg", "library/0/thumbnail.jpg", "library2/2.jpg"]:
        put(tmp_path / name)
    assert listed(tmp_path, excluded=(tmp_path / "library").resolve()) == [
        "1.jpg",
        "library2/2.jpg",
    ]


def test_a_subfolder_that_cannot_be_listed_is_noted(tmp_path: Path) -> None:
    put(tmp_path / "1.jpg")
    put(tmp_path / "gone/2.jpg")
    source = FolderSource(tmp_path)
    walk = source.list()
    next(walk)
    (tmp_path / "gone").rename(tmp_path / "moved")
    assert list(walk) == []
    assert len(source.unlisted) == 1
    (folder,) = source.unlisted
    assert folder.endswith("/gone")
    assert len(list(source.list())) == 2
    assert source.unlisted == {}


def test_a_source_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no folder"):
        FolderSource(tmp_path / "missing")
    with pytest.raises(SourceError, match="is a file"):
        FolderSource(put(tmp_path / "1.jpg"))


def test_one_folder_has_one_uri_whichever_way_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    uris = {FolderSource(tmp_path / name).uri for name in ("real", "link", "link/../real/.")}
    assert len(uris) == 1


def test_the_fingerprint_tells_content_and_time_apart(tmp_path: Path) -> None:
    photo = put(tmp_path / "1.jpg", b"one")
    seen = []
    for change in (
        lambda: None,
        lambda: photo.write_bytes(b"longer"),
        lambda: os.utime(photo, ns=(1, 1)),
        lambda: os.utime(photo, ns=(1, 2)),
    ):
        change()
        (file,) = FolderSource(tmp_path).list()
        assert file.size == photo.stat().st_size
        seen.append(file.fingerprint)
    assert len(set(seen)) == 4


def test_the_fingerprint_of_an_untouched_file_stays(tmp_path: Path) -> None:
    put(tmp_path / "1.jpg")
    assert list(FolderSource(tmp_path).list()) == list(FolderSource(tmp_path).list())


def test_a_change_that_keeps_size_and_time_is_noticed(tmp_path: Path) -> None:
    photo = put(tmp_path / "1.jpg", b"one")
    before = photo.stat()
    (old,) = FolderSource(tmp_path).list()
    fingerprint = old.fingerprint
    for _ in range(100):  # the clock of the file system may be coarse
        photo.write_bytes(b"two")
        os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
        (new,) = FolderSource(tmp_path).list()
        if new.fingerprint != fingerprint:
            return
        threading.Event().wait(0.01)
    pytest.fail("the change went unnoticed")
