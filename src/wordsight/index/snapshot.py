"""Snapshots: what a search needs, in files that are opened, not loaded.

A snapshot is a folder that never changes once it is current:

    manifest.json   what it was built from, how to search it, checksums
    ids.npy         int64 [n], photo ids, ascending
    fused.npy       float32 [n, d], unit vectors that are searched
    caption.npy     float16 [n, d], the caption's part, to explain a score
    picture.npy     float16 [n, d], the picture's part
    cells.faiss     inverted cells of the reduced vectors; absent where exact search is faster
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from wordsight.errors import LibraryError
from wordsight.index.cells import Cells

Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]
Ids = npt.NDArray[np.int64]

FORMAT = 1
MANIFEST = "manifest.json"
CELLS = "cells.faiss"


@dataclass(frozen=True)
class ProbePoint:
    """One point of the recall curve.

    `recall` is the mean share of the true ten nearest that are found with so many probes;
    `compared` the mean share of all embeddings that were compared.
    """

    nprobe: int
    recall: float
    compared: float


@dataclass(frozen=True)
class Origin:
    """What a snapshot is built from: a catalog's id, the models of its vectors, its version."""

    catalog: str
    models: str
    version: int


@dataclass(frozen=True)
class Manifest:
    """What a snapshot says about itself. `nprobe` 0 means exact search."""

    origin: Origin
    photos: int
    dimension: int
    cells: int
    nprobe: int
    curve: tuple[ProbePoint, ...] = ()
    checksums: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


class Snapshot:
    """An open snapshot; arrays are memory-mapped.

    Raises:
        LibraryError: it is damaged or of another format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.manifest = _read_manifest(folder)
            self.ids: Ids = open_memmap(folder / "ids.npy", "r")
            self.fused: Floats = open_memmap(folder / "fused.npy", "r")
            self.caption: Halves = open_memmap(folder / "caption.npy", "r")
            self.picture: Halves = open_memmap(folder / "picture.npy", "r")
            self.cells: Cells | None = None
            if self.manifest.nprobe:
                self.cells = Cells(folder / CELLS)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise LibraryError(
                f"the snapshot {folder.name} is damaged ({error}); "
                "run `wordsight index` to build a new one"
            ) from error
        shape = (self.manifest.photos, self.manifest.dimension)
        if self.fused.shape != shape or len(self.ids) != self.manifest.photos:
            raise LibraryError(
                f"the snapshot {folder.name} does not hold what its manifest says; "
                "run `wordsight index` to build a new one"
            )

    def damaged_files(self) -> list[str]:
        """Names of files that are missing, or whose content is not what was written."""
        return [
            name
            for name, expected in self.manifest.checksums.items()
            if not (self.folder / name).exists() or checksum(self.folder / name) != expected
        ]


def _read_manifest(folder: Path) -> Manifest:
    told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if told["format"] != FORMAT:
        raise ValueError(f"format {told['format']}, not {FORMAT}")
    curve = tuple(ProbePoint(**point) for point in told.pop("curve"))
    return Manifest(origin=Origin(**told.pop("origin")), curve=curve, **told)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest` with the checksums of all that is in `folder`."""
    others = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    checksums = {path.name: checksum(path) for path in others}
    told = {**asdict(manifest), "checksums": checksums}
    (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
