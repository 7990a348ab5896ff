"""What people wrote about photos: our list, or COCO's annotation format."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from wordsight.errors import DatasetError


@dataclass(frozen=True)
class CaptionedPhoto:
    """A photo's name inside its tar or folder, and the captions that people wrote for it."""

    name: str
    captions: tuple[str, ...]


def parse_annotations(text: bytes, origin: str) -> list[CaptionedPhoto]:
    """Captioned photos, in the order listed.

    Args:
        text: JSON: a list of `{"file", "captions"}`, or COCO's `{"images", "annotations"}`.
            Images that nobody captioned are left out of the latter.
        origin: what errors call it.

    Raises:
        DatasetError: it is neither, lists no captions, or captions unlisted images.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DatasetError(f"cannot read the captions in {origin}: {error}") from error
    coco = isinstance(content, dict) and "images" in content
    photos = _from_coco(content, origin) if coco else _from_rows(content, origin)
    if not photos:
        raise DatasetError(f"{origin} lists no photos with captions")
    for photo in photos:
        if not any(caption.strip() for caption in photo.captions):
            raise DatasetError(f"{photo.name} in {origin} has no captions")
    return photos


def _from_rows(rows: Any, origin: str) -> list[CaptionedPhoto]:
    try:
        if any(isinstance(row["captions"], str) for row in rows):
            raise TypeError("captions are a list")
        return [CaptionedPhoto(row["file"], tuple(row["captions"])) for row in rows]
    except (KeyError, TypeError) as error:
        raise DatasetError(f'{origin} is not a list of {{"file", "captions"}} rows') from error


def _from_coco(content: dict[str, Any], origin: str) -> list[CaptionedPhoto]:
    captions: defaultdict[int, list[str]] = defaultdict(list)
    try:
        files = {int(row["id"]): str(row["file_name"]) for row in content["images"]}
        for row in content["annotations"]:
            captions[int(row["image_id"])].append(str(row["caption"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{origin} is not in COCO's caption format: images have id and file_name, "
            "annotations image_id and caption"
        ) from error
    unknown = sorted(captions.keys() - files.keys())
    if unknown:
        raise DatasetError(
            f"{origin} has captions for {len(unknown)} images that it does not list, "
            f"first {unknown[0]}"
        )
    return [
        CaptionedPhoto(file, tuple(captions[id_])) for id_, file in files.items() if captions[id_]
    ]
