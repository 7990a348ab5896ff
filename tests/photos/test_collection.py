"""Captioned collections: one good one, and everything that may be wrong with one."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from wordsight.errors import DatasetError
from wordsight.photos.collection import CaptionedPhoto, Collection

PHOTOS = {"a.jpg": b"first", "sub/b.jpg": b"second", "extra.jpg": b"without captions"}
ROWS = [
    {"file": "sub/b.jpg", "captions": ["a dog", "a brown dog"]},
    {"file": "a.jpg", "captions": ["a café"]},
]


def write(folder: Path, rows: object, photos: dict[str, bytes] = PHOTOS) -> Path:
    with tarfile.open(folder / "coco.tar", "w") as tar:
        for name, content in photos.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        tar.addfile(_folder("empty.jpg"))
    (folder / "coco.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder / "coco"


def _folder(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    return member


@pytest.mark.parametrize("ending", ["", ".tar", ".json"])
def test_photos_come_with_their_captions_in_the_order_of_the_json(
    tmp_path: Path, ending: str
) -> None:
    base = write(tmp_path, ROWS)
    collection = Collection(f"{base}{ending}")
    assert collection.name == "coco"
    assert len(collection) == 2
    assert collection.photos[1] == CaptionedPhoto("a.jpg", ("a café",))
    assert collection.captions == ["a dog", "a brown dog", "a café"]
    assert collection.caption_owners == [0, 0, 1]
    assert list(collection.read()) == [b"second", b"first"]


def test_a_name_with_dots_is_kept(tmp_path: Path) -> None:
    base = write(tmp_path, ROWS)
    for ending in (".tar", ".json"):
        base.with_suffix(ending).rename(tmp_path / f"coco.v1.2{ending}")
    assert Collection(tmp_path / "coco.v1.2").name == "coco.v1.2"


@pytest.mark.parametrize(
    "rows",
    [
        {"file": "a.jpg", "captions": ["a dog"]},
        ["a.jpg"],
        [{"file": "a.jpg"}],
        [{"captions": ["a dog"]}],
        [{"file": "a.jpg", "captions": None}],
        [{"file": "a.jpg", "captions": "a dog"}],
        7,
        None,
    ],
    ids=str,
)
def test_json_of_another_form_is_refused(tmp_path: Path, rows: object) -> None:
    with pytest.raises(DatasetError, match="is not a list of"):
        Collection(write(tmp_path, rows))


def test_a_collection_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lists no photos"):
        Collection(write(tmp_path, []))


def test_a_photo_without_captions_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.jpg .* has no captions"):
        Collection(write(tmp_path, [*ROWS, {"file": "a.jpg", "captions": []}]))


def test_captioned_photos_that_are_not_in_the_tar_are_counted(tmp_path: Path) -> None:
    missing = [{"file": f"{i}.jpg", "captions": ["a dog"]} for i in range(3)]
    with pytest.raises(DatasetError, match=r"3 captioned photos are not in .*, first 0\.jpg"):
        Collection(write(tmp_path, ROWS + missing))


def test_a_folder_in_the_tar_is_no_photo(tmp_path: Path) -> None:
    collection = Collection(write(tmp_path, [{"file": "empty.jpg", "captions": ["nothing"]}]))
    with pytest.raises(DatasetError, match="is not a file"):
        list(collection.read())


@pytest.mark.parametrize("ending", [".tar", ".json"])
def test_a_missing_file_is_told_by_its_name(tmp_path: Path, ending: str) -> None:
    base = write(tmp_path, ROWS)
    base.with_suffix(ending).unlink()
    with pytest.raises(DatasetError, match=f"cannot read .*coco{ending}"):
        Collection(base)


@pytest.mark.parametrize("content", [b"", b"neither tar nor json", b"\xff\xfe\x00"])
@pytest.mark.parametrize("ending", [".tar", ".json"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, ending: str, content: bytes) -> None:
    base = write(tmp_path, ROWS)
    base.with_suffix(ending).write_bytes(content)
    with pytest.raises(DatasetError, match="cannot read"):
        Collection(base)


def test_a_tar_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    base = write(tmp_path, ROWS)
    tar = base.with_suffix(".tar")
    tar.write_bytes(tar.read_bytes()[:700])  # in the middle of the second header
    with pytest.raises(DatasetError):
        list(Collection(base).read())
