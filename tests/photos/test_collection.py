"""Captioned collections: one good one, and everything that may be wrong with one."""

from __future__ import annotations

import gzip
import io
import json
import shutil
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


def test_each_photo_can_be_read_by_itself_out_of_tar_or_folder(tmp_path: Path) -> None:
    base = write(tmp_path, ROWS)
    assert [piece.read() for piece in Collection(base).pieces()] == [b"second", b"first"]
    with tarfile.open(base.with_suffix(".tar")) as tar:
        tar.extractall(tmp_path / "folder", filter="data")
    shutil.copy(base.with_suffix(".json"), tmp_path / "folder.json")
    (second, first) = Collection(tmp_path / "folder").pieces()
    assert (second.read(), first.read()) == (b"second", b"first")
    (tmp_path / "folder" / "a.jpg").unlink()
    with pytest.raises(DatasetError, match=r"cannot read a\.jpg in file:///"):
        first.read()


def test_of_a_compressed_tar_there_are_no_pieces(tmp_path: Path) -> None:
    base = write(tmp_path, ROWS)
    tar = base.with_suffix(".tar")
    tar.write_bytes(gzip.compress(tar.read_bytes()))
    collection = Collection(base)
    assert list(collection.read()) == [b"second", b"first"]
    with pytest.raises(DatasetError, match="not an uncompressed tar"):
        list(collection.pieces())


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


COCO = {
    "images": [
        {"id": 7, "file_name": "a.jpg"},
        {"id": 9, "file_name": "sub/b.jpg"},
        {"id": 11, "file_name": "extra.jpg"},
    ],
    "annotations": [
        {"id": 1, "image_id": 9, "caption": "a dog"},
        {"id": 2, "image_id": 7, "caption": "a café"},
        {"id": 3, "image_id": 9, "caption": "a brown dog"},
    ],
}


def test_cocos_annotation_format_is_read_as_well(tmp_path: Path) -> None:
    collection = Collection(write(tmp_path, COCO))
    assert collection.photos == [
        CaptionedPhoto("a.jpg", ("a café",)),
        CaptionedPhoto("sub/b.jpg", ("a dog", "a brown dog")),
    ]
    assert list(collection.read()) == [b"first", b"second"]


def test_cocos_own_folders_are_found(tmp_path: Path) -> None:
    photos = tmp_path / "train2014"
    (photos / "sub").mkdir(parents=True)
    for name, content in PHOTOS.items():
        (photos / name).write_bytes(content)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/captions_train2014.json").write_text(json.dumps(COCO))
    collection = Collection(photos)
    assert collection.name == "train2014"
    assert list(collection.read()) == [b"first", b"second"]


def test_captions_of_images_that_are_not_listed_are_counted(tmp_path: Path) -> None:
    strays = [{"image_id": id_, "caption": "a dog"} for id_ in (30, 20, 20)]
    rows = {"images": COCO["images"], "annotations": strays}
    with pytest.raises(DatasetError, match=r"captions for 2 images .* not list, first 20"):
        Collection(write(tmp_path, rows))


@pytest.mark.parametrize(
    "rows",
    [
        {"images": []},
        {"images": [{"id": 7}], "annotations": []},
        {"images": [], "annotations": [{"caption": "a dog"}]},
        {"images": 5, "annotations": []},
    ],
    ids=str,
)
def test_a_damaged_coco_file_says_what_coco_has(tmp_path: Path, rows: object) -> None:
    with pytest.raises(DatasetError, match="images have id and file_name"):
        Collection(write(tmp_path, rows))


@pytest.mark.parametrize("images", [[], COCO["images"]], ids=["no images", "no captions"])
def test_empty_annotations_are_told(tmp_path: Path, images: object) -> None:
    with pytest.raises(DatasetError, match="lists no photos with captions"):
        Collection(write(tmp_path, {"images": images, "annotations": []}))


def test_blank_captions_are_none(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.jpg .* has no captions"):
        Collection(write(tmp_path, [{"file": "a.jpg", "captions": [" ", ""]}]))


@pytest.mark.parametrize("form", ["tar", "folder"])
def test_a_collection_may_lie_at_a_url(tmp_path: Path, form: str) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    root = f"/{tmp_path.name}-{form}"
    base = write(tmp_path, ROWS)
    memory.pipe(f"{root}/coco.json", base.with_suffix(".json").read_bytes())
    if form == "tar":
        memory.pipe(f"{root}/coco.tar", base.with_suffix(".tar").read_bytes())
    else:
        memory.pipe({f"{root}/coco/{name}": content for name, content in PHOTOS.items()})
    collection = Collection(f"memory:/{root}/coco")
    assert list(collection.read()) == [b"second", b"first"]


def test_a_url_that_cannot_be_opened_is_told() -> None:
    with pytest.raises(DatasetError, match="cannot open nonsense://a/b"):
        Collection("nonsense://a/b")
