"""Published lists, and lists of other forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.datasets.conftest import zipped

from wordsight.datasets.headers import retry_after, told_md5
from wordsight.datasets.lists import coco_captions, open_image_names
from wordsight.errors import DatasetError

MEMBER = "annotations/image_info_test2014.json"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "cannot read"),
        (zipped({"other.json": b"{}"}), "cannot read"),
        (zipped({MEMBER: b"{"}), "cannot read"),
        (zipped({MEMBER: b"[]"}), "no list of COCO"),
        (zipped({MEMBER: b'{"images": [{"id": 1}]}'}), "no list of COCO"),
        (zipped({MEMBER: b'{"images": [{"id": 1, "file_name": "../a.jpg"}]}'}), "names a photo"),
    ],
)
def test_lists_of_another_form_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "list.zip").write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        coco_captions(tmp_path / "list.zip", MEMBER)


def test_photos_without_captions_are_listed(tmp_path: Path) -> None:
    listed = {"images": [{"id": 7, "file_name": "b.jpg"}, {"id": 5, "file_name": "a.jpg"}]}
    (tmp_path / "list.zip").write_bytes(zipped({MEMBER: json.dumps(listed).encode()}))
    assert coco_captions(tmp_path / "list.zip", MEMBER) == {"b.jpg": [], "a.jpg": []}


@pytest.mark.parametrize(
    "line",
    ["dog", "validation/../0001eeaf4aed83f9", "0001eeaf4aed83f9/x", "a,b", "0001EEAF4AED83F9"],
)
def test_what_is_no_id_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "ids").write_text(f"{'a' * 16}\n{line}\n")
    with pytest.raises(DatasetError, match="is no id of Open Images"):
        list(open_image_names(tmp_path / "ids"))


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "ids").write_bytes(b"\xff\xfe\0")
    with pytest.raises(DatasetError, match="cannot read the ids"):
        list(open_image_names(tmp_path / "ids"))


def test_checksums_and_waits_that_servers_tell() -> None:
    md5 = "0cc175b9c0f1b6a831c399e269772661"
    assert told_md5({"x-goog-hash": "crc32c=AAAA,md5=DMF1ucDxtqgxw5niaXcmYQ=="}) == md5
    assert told_md5({"Server": "AmazonS3", "ETag": f'"{md5}"'}) == md5
    assert told_md5({"Server": "AmazonS3", "ETag": f'"{md5}-12"'}) is None
    assert told_md5({"Server": "nginx", "ETag": f'"{md5}"'}) is None
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    assert told_md5({"Server": "AmazonS3", "ETag": f'"{md5}"', **kms}) is None
    assert retry_after({"Retry-After": "7"}) == 7
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"Retry-After": "soon"}) == 0
