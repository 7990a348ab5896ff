"""Snapshots: what a search needs, in files that are opened, not loaded.

A snapshot is a folder that never changes once it is current:

    manifest.json   what it was built from, how to search it, checksums
    ids.npy         int64 [n], photo ids, ascending
    fused.npy       [n, d], unit vectors that are searched: float32, of many photos float16
    caption.npy     [n, d], the captions' vectors, to explain a score: float16, of many photos int8
                    codes
    shares.npy      float32 [n, 3], what the caption and the picture have of the fused vector, and
                    the scale of the caption's codes (see `shares`)
    cells.faiss, …  inverted cells of the reduced vectors (see `cells`); absent where exact
                    search is faster
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from wordsight.errors import LibraryError
from wordsight.index.cells import Cells
from wordsight.index.chunks import chunks
from wordsight.index.halves import products
from wordsight.index.ranking import Probing
from wordsight.index.read_ahead import ReadAhead

try:
    import fcntl
except ImportError:  # Windows, which keeps open files by itself
    fcntl = None  # type: ignore[assignment]

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

FORMAT = 3
MANIFEST = "manifest.json"
IN_USE = "in-use"
"""A file that is locked, shared, by whoever has the snapshot open."""


@dataclass(frozen=True)
class ProbePoint:
    """One point of the recall curve, over held-out queries.

    `first` and `margin` are the probing (see `ranking.Probing`); `recall` the mean share of the
    true ten nearest that are found; `compared` the mean share of all embeddings that are
    compared; `milliseconds` the median time of a search.
    """

    first: int
    margin: float | None
    recall: float
    compared: float
    milliseconds: float


@dataclass(frozen=True)
class ProbeCurve:
    """What was measured before a snapshot was published.

    `points` begin with fixed numbers of probes, the first of them one; `chosen` is what
    searches use. `all_cells` is the recall with every cell probed: what is missing there was
    lost by reducing. `photos_as_queries` is the chosen probing's recall where photos of the
    library are the queries: sentences lie elsewhere in the space.
    """

    points: tuple[ProbePoint, ...]
    chosen: ProbePoint
    all_cells: float
    photos_as_queries: float


@dataclass(frozen=True)
class Origin:
    """What a snapshot is built from: a catalog's id, the models of its vectors, its version."""

    catalog: str
    models: str
    version: int


@dataclass(frozen=True)
class Checksum:
    """A file's size in bytes, and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot says about itself. No cells and no curve mean exact search.

    `clustering` is the catalog's id of the one that the cells are of, 0 without cells.
    """

    origin: Origin
    photos: int
    dimension: int
    cells: int = 0
    clustering: int = 0
    curve: ProbeCurve | None = None
    files: dict[str, Checksum] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def probing(self) -> Probing | None:
        """Which cells are probed; None means exact search."""
        if self.curve is None:
            return None
        return Probing(self.curve.chosen.first, self.curve.chosen.margin)


class Snapshot:
    """An open snapshot; arrays are memory-mapped. It stays on disk until it is closed, or gone.

    Only the manifest and the sizes of the files are checked: reading all of a large one would
    take seconds. `damaged_files` reads them.

    Raises:
        LibraryError: it is damaged or of another format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.manifest = _read_manifest(folder)
            self._check_sizes()
            self.ids: Ids = _mapped(folder / "ids.npy")
            self.fused: npt.NDArray[np.floating] = _mapped(folder / "fused.npy")
            self.caption: npt.NDArray[np.float16 | np.int8] = _mapped(folder / "caption.npy")
            self.shares: Floats = _mapped(folder / "shares.npy")
            self.cells = Cells(folder) if self.manifest.cells else None
            self._check_shapes()
            looked_up = self.fused.nbytes if self.cells else 0  # else all of it is read
            self._ahead = ReadAhead(self.fused.ctypes.data, looked_up)
            self._mark = _mark_in_use(folder)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            raise LibraryError(
                f"the snapshot {folder.name} is damaged ({error}); "
                "run `wordsight index` to build a new one"
            ) from error

    def _check_sizes(self) -> None:
        """A shortened file, once mapped, would end the process at the first read beyond it."""
        for name, told in self.manifest.files.items():
            size = (self.folder / name).stat().st_size
            if size != told.size:
                raise ValueError(f"{name} has {size} bytes, not {told.size}")

    def _check_shapes(self) -> None:
        photos, dimension = self.manifest.photos, self.manifest.dimension
        told = (self.ids.shape, self.fused.shape, self.caption.shape, self.shares.shape)
        if told != ((photos,), (photos, dimension), (photos, dimension), (photos, 3)):
            raise ValueError("its arrays are not of the shape that its manifest tells")

    def cosines(self, query: Floats, rows: Ids) -> Floats:
        """Of what is searched, of some rows, with a unit query `[d]`."""
        width = self.fused.strides[0]
        self._ahead.expect(rows * width, np.full(len(rows), width))
        return products(self.fused[rows], query)

    def caption_cosines(self, query: Floats, rows: Ids | None = None) -> Floats:
        """Of captions with a unit query `[d]`: of all photos, or of some rows."""
        if rows is None:
            products = [part @ query for part in chunks(self.caption)]
            whole: Floats = np.concatenate(products) * self.shares[:, 2]
            return whole
        some: Floats = self.caption[rows].astype(np.float32) @ query * self.shares[rows, 2]
        return some

    def close(self) -> None:
        """Let the snapshot be removed once there are newer ones."""
        if self._mark is not None:
            self._mark.close()

    def damaged_files(self) -> list[str]:
        """Names of files that are missing, or whose content is not what was written."""
        return [
            name
            for name, expected in self.manifest.files.items()
            if not (self.folder / name).exists() or checksum(self.folder / name) != expected
        ]


def _mapped(path: Path) -> npt.NDArray[Any]:
    """A file's array, mapped. As a plain array: the subclass costs time at each look into it."""
    return np.asarray(open_memmap(path, "r"))


def is_in_use(folder: Path) -> bool:
    """Whether some process has the snapshot in `folder` open."""
    if fcntl is None:
        return False
    try:
        with (folder / IN_USE).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # removed by somebody else, or a file system without locks
        return False
    return False


def _mark_in_use(folder: Path) -> BinaryIO | None:
    """The lock goes with the file, which goes with the snapshot, or with its process."""
    if fcntl is None:
        return None
    try:
        file = (folder / IN_USE).open("rb")
    except OSError:  # not published yet
        return None
    with suppress(OSError):  # a file system without locks
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return file


def _read_manifest(folder: Path) -> Manifest:
    told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if told["format"] != FORMAT:
        raise LibraryError(
            f"the snapshot {folder.name} is of another version of wordsight (format "
            f"{told['format']}, not {FORMAT}); run `wordsight index` to build a new one"
        )
    files = {name: Checksum(**row) for name, row in told.pop("files").items()}
    curve = _curve(told.pop("curve"))
    return Manifest(origin=Origin(**told.pop("origin")), curve=curve, files=files, **told)


def _curve(told: dict[str, Any] | None) -> ProbeCurve | None:
    if told is None:
        return None
    points = tuple(ProbePoint(**point) for point in told["points"])
    chosen = ProbePoint(**told["chosen"])
    return ProbeCurve(points, chosen, told["all_cells"], told["photos_as_queries"])


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest` with the checksums of all that is in `folder`."""
    others = sorted(path for path in folder.iterdir() if path.name not in (MANIFEST, IN_USE))
    files = {path.name: asdict(checksum(path)) for path in others}
    told = {**asdict(manifest), "files": files}
    (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def checksum(path: Path) -> Checksum:
    """Of a file's content."""
    with path.open("rb") as file:
        return Checksum(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
