"""Captioned photo collections: photos in a tar or a folder, beside a JSON file of captions."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wordsight.errors import DatasetError


@dataclass(frozen=True)
class CaptionedPhoto:
    """A photo's name inside its tar or folder, and the captions that people wrote for it."""

    name: str
    captions: tuple[str, ...]


class Collection:
    """`NAME.tar`, or the folder `NAME`, and `NAME.json`, a list of `{"file", "captions"}`.

    `path` may name either file, or be given without its ending.

    Raises:
        DatasetError: a file is missing or not of that form, a photo has no captions,
            or a captioned photo is not there.
    """

    def __init__(self, path: Path | str) -> None:
        base = Path(path)
        if base.suffix in {".tar", ".json"}:
            base = base.with_suffix("")
        self.name = base.name
        tar = base.with_name(base.name + ".tar")
        self.photos_path = base if base.is_dir() and not tar.exists() else tar
        self.photos = _read_annotations(base.with_name(base.name + ".json"))
        self._check_photos_present()

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def captions(self) -> list[str]:
        """All captions, photo by photo."""
        return [text for photo in self.photos for text in photo.captions]

    @property
    def caption_owners(self) -> list[int]:
        """For each of `captions`, the position of its photo in `photos`."""
        return [i for i, photo in enumerate(self.photos) for _ in photo.captions]

    def read(self) -> Iterator[bytes]:
        """The photos' encoded bytes, in the order of `photos`."""
        if self.photos_path.is_dir():
            yield from ((self.photos_path / photo.name).read_bytes() for photo in self.photos)
            return
        with tarfile.open(self.photos_path) as tar:
            for photo in self.photos:
                member = tar.extractfile(photo.name)
                if member is None:
                    raise DatasetError(f"{photo.name} in {self.photos_path} is not a file")
                yield member.read()

    def _check_photos_present(self) -> None:
        present = _names_in(self.photos_path)
        missing = [photo.name for photo in self.photos if photo.name not in present]
        if missing:
            raise DatasetError(
                f"{len(missing)} captioned photos are not in {self.photos_path}, first {missing[0]}"
            )


def _names_in(photos: Path) -> set[str]:
    if photos.is_dir():
        return {path.relative_to(photos).as_posix() for path in photos.rglob("*")}
    try:
        with tarfile.open(photos) as tar:
            return set(tar.getnames())
    except (OSError, tarfile.TarError) as error:
        raise DatasetError(f"cannot read the photos in {photos}: {error}") from error


def _read_annotations(path: Path) -> list[CaptionedPhoto]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot read the captions in {path}: {error}") from error
    try:
        if any(isinstance(row["captions"], str) for row in rows):
            raise TypeError("captions are a list")
        photos = [CaptionedPhoto(row["file"], tuple(row["captions"])) for row in rows]
    except (KeyError, TypeError) as error:
        raise DatasetError(f'{path} is not a list of {{"file", "captions"}} rows') from error
    if not photos:
        raise DatasetError(f"{path} lists no photos")
    for photo in photos:
        if not photo.captions:
            raise DatasetError(f"{photo.name} in {path} has no captions")
    return photos
