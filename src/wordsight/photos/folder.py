"""A folder as a source of photos: list it, read from it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from wordsight.errors import PhotoError, SourceError
from wordsight.photos.formats import EXTENSIONS
from wordsight.photos.sidecar import Sidecars, sidecar_names

MAX_FILE_MEGABYTES = 512


@dataclass(frozen=True)
class ListedFile:
    """A file that looks like a photo by its name.

    `uri` is percent-encoded, so any file name fits, newlines and undecodable bytes too.
    `fingerprint` changes when the file may have changed, or the XMP file beside it.
    """

    uri: str
    size: int
    fingerprint: str
    mtime_ns: int | None = None


@dataclass
class FolderSource:
    """The photos in a folder and all folders below it.

    Hidden files and folders are passed over; links to folders are not followed, so a loop
    of links cannot trap the walk; nor is `excluded`, the library's own folder. Folders that
    could not be listed are collected in `unlisted`, a reason for each URI.

    Raises:
        SourceError: the folder does not exist, is not a folder or cannot be listed.
    """

    folder: Path
    excluded: Path | None = None
    unlisted: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        try:
            self.folder = self.folder.expanduser().resolve()
            os.scandir(self.folder).close()
        except FileNotFoundError:
            raise SourceError(f"there is no folder {self.folder}") from None
        except NotADirectoryError:
            raise SourceError(f"{self.folder} is a file; give the folder it is in") from None
        except OSError as error:
            raise SourceError(f"cannot list {self.folder}: {error.strerror}") from error
        except RuntimeError as error:  # a loop of links, or the home of an unknown user
            raise SourceError(f"cannot find {self.folder}: {error}") from error

    @property
    def uri(self) -> str:
        return self.folder.as_uri()

    def list(self) -> Iterator[ListedFile]:
        """Walk the folder, one file at a time, in the order of their names."""
        self.unlisted.clear()
        for folder, subfolders, names in os.walk(self.folder, onerror=self._note):
            subfolders[:] = sorted(name for name in subfolders if self._enters(folder, name))
            sidecars = Sidecars(names)
            for name in sorted(names):
                if is_photo_name(name):
                    yield _listed(Path(folder, name), sidecars.of(name))

    def read(self, uri: str) -> bytes:
        """A file's bytes.

        Raises:
            PhotoError: the file has vanished, cannot be read or is too large.
        """
        return read_file(uri)

    def _enters(self, folder: str, name: str) -> bool:
        return not name.startswith(".") and Path(folder, name) != self.excluded

    def _note(self, error: OSError) -> None:
        self.unlisted[Path(error.filename).as_uri()] = error.strerror or "unknown error"


def read_file(uri: str) -> bytes:
    """The bytes behind a `file:` URI.

    Raises:
        PhotoError: the file has vanished, cannot be read or is too large.
    """
    path = path_of(uri)
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise PhotoError("read", "not a regular file")
            if status.st_size > MAX_FILE_MEGABYTES << 20:
                raise PhotoError(
                    "read",
                    f"{status.st_size / 2**20:.0f} MB is over the limit of {MAX_FILE_MEGABYTES} MB",
                )
            return file.read()
    except FileNotFoundError:
        raise PhotoError("read", "the file vanished before it was read") from None
    except OSError as error:
        raise PhotoError("read", f"cannot be read: {error.strerror}") from error


def read_sidecar_file(uri: str) -> bytes | None:
    """The XMP file beside a photo on a disk, where there is one that can be read."""
    path = path_of(uri)
    for name in sidecar_names(path.name):
        with suppress(PhotoError):
            return read_file(path.with_name(name).as_uri())
    return None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def path_of(uri: str) -> Path:
    """The path behind a `file:` URI."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))


def is_photo_name(name: str) -> bool:
    """Whether a file is taken for a photo; hidden ones are not."""
    return not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS


def _listed(path: Path, sidecar: str | None) -> ListedFile:
    try:
        status = path.stat()
    except OSError:  # a broken link, or gone already: reading it will tell
        return ListedFile(path.as_uri(), 0, "unreadable")
    fingerprint = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
    if sidecar is not None:
        fingerprint += _fingerprint_of_sidecar(path.with_name(sidecar))
    return ListedFile(path.as_uri(), status.st_size, fingerprint, status.st_mtime_ns)


def _fingerprint_of_sidecar(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    told = f"{path.name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    return "+" + blake2b(os.fsencode(told), digest_size=6).hexdigest()
