"""The collections in small, on a server that stands for all of theirs."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.datasets.web_server import Web, web_server

from wordsight.datasets import web as client
from wordsight.datasets.collections import Dataset, Remote, dataset

HOST = "images.cocodataset.org"
LIST = "storage.googleapis.com/openimages/2018_04/validation/validation-images-with-rotation.csv"
PHOTOS = "open-images-dataset.s3.amazonaws.com"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web_server() as served:
        monkeypatch.setenv("WORDSIGHT_DATASETS_MIRROR", served.url)
        monkeypatch.setattr(client, "PAUSE", 0.01)
        yield served


@pytest.fixture
def pictures(sample_photos: Path) -> dict[str, bytes]:
    """JPEGs by the names that COCO would give them."""
    found = sorted(sample_photos.glob("*.jpg"))
    return {f"COCO_val2014_{i:012}.jpg": path.read_bytes() for i, path in enumerate(found, 42)}


@pytest.fixture
def coco(web: Web, pictures: dict[str, bytes]) -> Dataset:
    """COCO's validation photos of 2014: these few, with the checksums that they have here."""
    ids = {name: 1000 + i for i, name in enumerate(pictures)}
    listed = {
        "info": {"year": 2014},
        "images": [{"id": i, "file_name": name, "license": 3} for name, i in ids.items()],
        "annotations": [
            {"id": 10 * i + k, "image_id": i, "caption": f" Photo {i} once more {k}.\n"}
            for i in ids.values()
            for k in range(5)
        ],
    }
    row = dataset("coco-val2014")
    lists = zipped({row.list_member: json.dumps(listed).encode()})
    archive = zipped({f"val2014/{name}": data for name, data in pictures.items()})
    web.files[f"{HOST}/annotations/annotations_trainval2014.zip"] = lists
    web.files[f"{HOST}/zips/val2014.zip"] = archive
    web.files |= {f"{HOST}/val2014/{name}": data for name, data in pictures.items()}
    assert row.archive
    return replace(
        row, list=_told(row.list, lists), archive=_told(row.archive, archive), images=len(pictures)
    )


@pytest.fixture
def open_images(web: Web, pictures: dict[str, bytes]) -> list[str]:
    """Open Images' validation photos, these few; their ids."""
    ids = [f"{i:016x}" for i in range(0xBEEF, 0xBEEF + len(pictures))]
    lines = ["ImageID,Subset,OriginalURL,License,Author,Title,OriginalMD5,Rotation"]
    lines += [f'{i},validation,https://flickr/{i}.jpg,CC,"Ann, B",A,x==,0.0' for i in ids]
    web.files[LIST] = "\n".join(lines).encode()
    named = zip(ids, pictures.values(), strict=True)
    web.files |= {f"{PHOTOS}/validation/{i}.jpg": data for i, data in named}
    return ids


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _told(file: Remote, data: bytes) -> Remote:
    return Remote(file.url, hashlib.md5(data).hexdigest())
