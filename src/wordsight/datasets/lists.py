"""The photos of a collection, out of the lists that are published with it."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from wordsight.errors import DatasetError

_COCO_NAME = re.compile(r"[A-Za-z0-9_]+\.jpg")  # what else would lead out of the folder
_OPEN_IMAGE = re.compile(r"(?:(train|validation|test)/)?([0-9a-f]{16})(?:\.jpg)?")

Captions = dict[str, list[str]]
"""What people wrote about each photo, by its name; the photos in the list's order."""


def coco_captions(archive: Path, member: str) -> Captions:
    """The photos that a JSON list inside an archive names.

    Raises:
        DatasetError: the archive or the list is not of the published form.
    """
    listed = _read_json(archive, member)
    try:
        said = defaultdict(list)
        for row in listed.get("annotations", ()):
            said[row["image_id"]].append(str(row["caption"]).strip())
        photos = {str(row["file_name"]): said[row["id"]] for row in listed["images"]}
    except (AttributeError, KeyError, TypeError) as error:
        raise DatasetError(f"{member} in {archive.name} is no list of COCO") from error
    for name in photos:
        if not _COCO_NAME.fullmatch(name):
            raise DatasetError(f"{member} in {archive.name} names a photo {name!r}")
    return photos


def _read_json(archive: Path, member: str) -> Any:
    try:
        with ZipFile(archive) as opened, opened.open(member) as file:
            return json.load(file)
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        raise DatasetError(f"cannot read {member} in {archive}: {error}") from error


def open_image_names(path: Path) -> Iterator[str]:
    """`validation/0001eeaf4aed83f9.jpg` and so on, out of a list of Open Images, or a person's
    own: an id a line, `train/` or `test/` before it where it is not a validation photo.

    Raises:
        DatasetError: the list cannot be read, or is of another form.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            first = file.readline()
            file.seek(0)
            yield from _names(_rows(file) if "," in first else _lines(file), path.name)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"cannot read the ids in {path}: {error}") from error


def _rows(file: Iterable[str]) -> Iterator[str]:
    for row in csv.DictReader(file):
        if row.get("Subset") and row.get("ImageID"):
            yield f"{row['Subset']}/{row['ImageID']}"
        else:
            yield ",".join(str(value) for value in row.values())


def _lines(file: Iterable[str]) -> Iterator[str]:
    return (line.strip() for line in file if line.strip() and not line.startswith("#"))


def _names(ids: Iterable[str], where: str) -> Iterator[str]:
    for text in ids:
        found = _OPEN_IMAGE.fullmatch(text)
        if not found:
            raise DatasetError(
                f"{text[:60]!r} in {where} is no id of Open Images, as validation/0001eeaf4aed83f9"
            )
        yield f"{found[1] or 'validation'}/{found[2]}.jpg"
