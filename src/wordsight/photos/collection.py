"""Captioned photo collections: photos in a tar or a folder, beside a JSON file of captions."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wordsight.errors import DatasetError
from wordsight.photos.annotations import CaptionedPhoto, parse_annotations

__all__ = ["CaptionedPhoto", "Collection", "Piece"]


@dataclass(frozen=True)
class Piece:
    """Where one photo's bytes lie, for whoever reads it without the collection: the file `url`, or
    of a tar there those from `start` up to `end`."""

    name: str
    url: str
    start: int | None = None
    end: int | None = None

    def read(self) -> bytes:
        """
        Raises:
            DatasetError: they cannot be read.
        """
        system, path = _open_system(self.url)
        try:
            data: bytes = system.cat_file(path, self.start, self.end)
        except Exception as error:  # each store raises its own
            raise DatasetError(f"cannot read {self.name} in {self.url}: {error}") from error
        return data


class Collection:
    """`NAME.tar`, or the folder `NAME`, and its captions (`wordsight.photos.annotations`).

    Captions are in `NAME.json`, or in `annotations/captions_NAME.json`, as COCO's archives
    have them. `path` may name the tar or the JSON file, or be given without its ending; it may
    also be a URL that fsspec understands.

    Raises:
        DatasetError: a file is missing or not of that form, a photo has no captions,
            or a captioned photo is not there.
    """

    def __init__(self, path: Path | str) -> None:
        self._system, base = _open_system(str(path))
        base = base.removesuffix(".tar").removesuffix(".json")
        self.name = posixpath.basename(base)
        tar = f"{base}.tar"
        self._is_folder = not self._system.exists(tar) and self._system.isdir(base)
        self.photos_path = base if self._is_folder else tar
        self.photos = self._annotations(base)
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
        if self._is_folder:
            for photo in self.photos:
                yield self._system.cat_file(f"{self.photos_path}/{photo.name}")
            return
        with self._system.open(self.photos_path, "rb") as file, tarfile.open(fileobj=file) as tar:
            for photo in self.photos:
                member = tar.extractfile(photo.name)
                if member is None:
                    raise DatasetError(f"{photo.name} in {self.photos_path} is not a file")
                yield member.read()

    def pieces(self) -> Iterator[Piece]:
        """Where the photos lie, in the order of `photos`.

        Raises:
            DatasetError: the tar is compressed, or a photo in it is not a file.
        """
        url = self._system.unstrip_protocol(self.photos_path)
        if self._is_folder:
            for photo in self.photos:
                yield Piece(photo.name, f"{url}/{photo.name}")
            return
        try:
            with (
                self._system.open(self.photos_path, "rb") as file,
                tarfile.open(fileobj=file, mode="r:") as tar,
            ):
                members = {member.name: member for member in tar}
        except tarfile.ReadError as error:
            raise DatasetError(
                f"{url} is not an uncompressed tar, read by parts: {error}"
            ) from error
        for photo in self.photos:
            member = members[photo.name]
            if not member.isreg():
                raise DatasetError(f"{photo.name} in {url} is not a file")
            start = member.offset_data
            yield Piece(photo.name, url, start, start + member.size)

    def _annotations(self, base: str) -> list[CaptionedPhoto]:
        path = f"{base}.json"
        as_coco = f"{posixpath.dirname(base)}/annotations/captions_{self.name}.json"
        if not self._system.exists(path) and self._system.exists(as_coco):
            path = as_coco
        try:
            text = self._system.cat_file(path)
        except Exception as error:  # each store raises its own
            raise DatasetError(f"cannot read the captions in {path}: {error}") from error
        return parse_annotations(text, path)

    def _check_photos_present(self) -> None:
        present = self._names()
        missing = [photo.name for photo in self.photos if photo.name not in present]
        if missing:
            raise DatasetError(
                f"{len(missing)} captioned photos are not in {self.photos_path}, first {missing[0]}"
            )

    def _names(self) -> set[str]:
        path = self.photos_path
        try:
            if self._is_folder:
                return {posixpath.relpath(name, path) for name in self._system.find(path)}
            with self._system.open(path, "rb") as file, tarfile.open(fileobj=file) as tar:
                return set(tar.getnames())
        except Exception as error:
            raise DatasetError(f"cannot read the photos in {path}: {error}") from error


def _open_system(path: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path inside it."""
    import fsspec

    try:
        system, base = fsspec.url_to_fs(path)
    except Exception as error:  # each store raises its own, and an ImportError of its driver
        raise DatasetError(f"cannot open {path}: {' '.join(str(error).split())}") from error
    return system, str(base)
