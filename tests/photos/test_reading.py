"""Reading files by their URIs, whatever they are called and whatever they are."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordsight.errors import PhotoError
from wordsight.photos import folder as folder_module
from wordsight.photos.folder import FolderSource, path_of, read_file


def put(path: Path, content: bytes = b"pixels") -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name",
    [b"two\nlines.jpg", "🐕 naïve.jpg".encode(), b"\xff\xfe latin \xe9.jpg", b"100%41 #1?x=;.jpg"],
)
def test_any_name_survives_the_way_through_its_uri(tmp_path: Path, name: bytes) -> None:
    path = put(tmp_path / os.fsdecode(name), content=name)
    (file,) = FolderSource(tmp_path).list()
    assert file.uri.isascii()
    assert file.uri.startswith(FolderSource(tmp_path).uri + "/")
    assert path_of(file.uri) == path.resolve()
    assert read_file(file.uri) == name


@given(st.binary(min_size=1, max_size=60).filter(lambda name: not {0, ord("/")} & set(name)))
@settings(max_examples=200)
def test_any_bytes_a_file_name_may_have_fit_into_a_uri(name: bytes) -> None:
    path = Path("/photos", os.fsdecode(b"x" + name))
    assert os.fsencode(path_of(path.as_uri())) == b"/photos/x" + name


def test_a_link_to_a_photo_is_a_photo(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/1.jpg").symlink_to(put(tmp_path / "elsewhere.jpg", b"linked"))
    (file,) = FolderSource(tmp_path / "photos").list()
    assert read_file(file.uri) == b"linked"


@pytest.mark.parametrize("target", ["nowhere.jpg", "broken.jpg"])
def test_a_broken_link_is_listed_and_told_of_when_read(tmp_path: Path, target: str) -> None:
    (tmp_path / "broken.jpg").symlink_to(target)
    (file,) = FolderSource(tmp_path).list()
    with pytest.raises(PhotoError) as caught:
        FolderSource(tmp_path).read(file.uri)
    assert caught.value.stage == "read"


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    (file,) = FolderSource(tmp_path).list()
    reasons: list[str] = []

    def read() -> None:
        try:
            read_file(file.uri)
        except PhotoError as error:
            reasons.append(error.reason)

    reader = threading.Thread(target=read, daemon=True)  # a hang must not hang the tests
    reader.start()
    reader.join(timeout=5)
    assert reasons == ["not a regular file"]


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("x.jpg")
        (file,) = FolderSource(tmp_path).list()
        with pytest.raises(PhotoError, match="cannot be read"):
            read_file(file.uri)


def test_reading_a_folder_is_refused_and_leaves_nothing_open(tmp_path: Path) -> None:
    descriptors = Path("/dev/fd")
    before = len(list(descriptors.iterdir()))
    with pytest.raises(PhotoError):
        read_file(tmp_path.as_uri())
    assert len(list(descriptors.iterdir())) == before


def test_a_file_that_vanished_after_the_listing_is_told_of(tmp_path: Path) -> None:
    photo = put(tmp_path / "1.jpg")
    (file,) = FolderSource(tmp_path).list()
    photo.unlink()
    with pytest.raises(PhotoError, match="vanished"):
        read_file(file.uri)


def test_a_file_too_large_to_be_a_photo_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "MAX_FILE_MEGABYTES", 1)
    fits = put(tmp_path / "fits.jpg", bytes(1 << 20))
    assert len(read_file(fits.as_uri())) == 1 << 20
    large = put(tmp_path / "large.jpg", bytes((1 << 20) + 1))
    with pytest.raises(PhotoError, match="over the limit of 1 MB"):
        read_file(large.as_uri())
