"""Places that the machines of a cluster share: folders, and stores by their URIs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from wordsight.errors import SparkError
from wordsight.spark.session import first_line

_TRIED = "wordsight"
_WHOLE_AT_ONCE = frozenset({"abfs", "abfss", "az", "gcs", "gs", "s3", "s3a"})
"""Stores in which a file appears when all of it has arrived, and that rename by copying."""

P = ParamSpec("P")
Told = TypeVar("Told")
Work = Callable[Concatenate["Place", P], Told]


def _telling(work: Work[P, Told]) -> Work[P, Told]:
    """Errors of file systems and of stores' clients are of a dozen kinds."""

    @wraps(work)
    def told(self: Place, /, *args: P.args, **kwargs: P.kwargs) -> Told:
        try:
            return work(self, *args, **kwargs)
        except SparkError:
            raise
        except Exception as error:
            raise SparkError(f"{self.uri} cannot be used: {first_line(error)}") from error

    return told


class Place:
    """Files without folders. A file is there whole or not at all.

    Args:
        uri: of a store, or a folder's path, which is made absolute.

    Raises:
        SparkError: of all methods: there is no such store, or it refuses.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri if "://" in uri else str(Path(uri).absolute())

    @_telling
    def make(self) -> None:
        """Make the folder, if it is not there."""
        system, root = self._opened
        system.makedirs(root, exist_ok=True)

    @_telling
    def try_out(self) -> None:
        """Write a file and remove it, which tells more than looking does."""
        self.make()
        self.write(_TRIED, b"")
        self.remove(_TRIED)

    @_telling
    def names(self, suffix: str) -> list[str]:
        """Of the files that there are, those that end so, in order."""
        system, root = self._opened
        system.invalidate_cache()
        try:
            found = system.ls(root, detail=False)
        except FileNotFoundError:  # a store has no empty folders
            return []
        names = (str(name).rpartition("/")[2] for name in found)
        return sorted(name for name in names if name.endswith(suffix))

    @_telling
    def has(self, name: str) -> bool:
        system, root = self._opened
        return bool(system.exists(f"{root}/{name}"))

    @_telling
    def read(self, name: str) -> bytes:
        system, root = self._opened
        return bytes(system.cat_file(f"{root}/{name}"))

    @_telling
    def write(self, name: str, data: bytes) -> None:
        """Where another has written the same, that stays as good."""
        system, root = self._opened
        if urlsplit(self.uri).scheme in _WHOLE_AT_ONCE:
            system.pipe_file(f"{root}/{name}", data)
            return
        aside = f"{root}/_{uuid4().hex}.part"  # which those who read the folder pass over
        system.pipe_file(aside, data)
        system.mv(aside, f"{root}/{name}")

    def read_columns(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Of a Parquet file, without fetching the rest of it; None are all.

        Raises:
            SparkError: it is damaged, too.
        """
        system, root = self._opened
        try:
            with system.open(f"{root}/{name}", "rb", cache_type="none") as file:
                return pq.read_table(file, columns=columns)
        except Exception as error:
            told = f"{self.uri}/{name} cannot be used: {first_line(error)}"
            raise SparkError(told) from error

    @_telling
    def remove(self, name: str) -> None:
        """If it is there."""
        system, root = self._opened
        with suppress(FileNotFoundError):
            system.rm(f"{root}/{name}")

    @_telling
    def clear(self) -> None:
        """Remove the folder, whatever is in it."""
        system, root = self._opened
        with suppress(FileNotFoundError):
            system.rm(root, recursive=True)

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        system, root = fsspec.url_to_fs(self.uri)
        return system, root
