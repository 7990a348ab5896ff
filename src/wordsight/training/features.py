"""What a frozen network says about a collection, computed once and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.errors import DatasetError, PhotoError
from wordsight.models.packaged import PHOTO_SIDE
from wordsight.models.runtime import OnnxModel, Pixels
from wordsight.photos.collection import Collection
from wordsight.photos.decode import decode
from wordsight.training.telling import Counting
from wordsight.training.views import view_of

Halves = npt.NDArray[np.float16]
Part = tuple[int, Sequence[npt.NDArray[np.floating]]]
"""The number of a photo, and each output of the network for it and those after it, `[n, ...]`."""

Extract = Callable[[Collection, Path, int, str], AbstractContextManager[Iterator[Part]]]
"""Computes a network's outputs for one view of a collection's photos, which it knows by a name.

Parts come in any order; that all of them are kept is known when the context ends without error.
"""

BATCH = 32
"""Photos that are decoded side by side."""

_NETWORK_BATCH = 8
"""Larger batches through the CNN are no faster on a CPU."""


def extract_here(
    collection: Collection, network: Path, view: int, _name: str
) -> AbstractContextManager[Iterator[Part]]:
    """On this machine, photo by photo."""
    names = (photo.name for photo in collection.photos)
    photos = zip(names, collection.read(), strict=True)
    return nullcontext(features_of(photos, 0, view, OnnxModel(network)))


def load_features(
    collection: Collection,
    network: Path,
    cache: Path,
    view: int,
    counting: Counting,
    extract: Extract = extract_here,
) -> tuple[Halves, ...]:
    """Each output of an ONNX network for all photos, float16 `[photos, ...]`, memory-mapped.

    Computed when `cache` does not have them yet: of one view of each photo
    (`wordsight.training.views`).

    Raises:
        DatasetError: a photo cannot be read or decoded.
    """
    stem = f"{collection.name}-{_digest(collection, network)}-view{view}"
    if not (cache / f"{stem}-0.npy").exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (
            counting(f"{collection.name}, view {view}", len(collection)) as tick,
            extract(collection, network, view, stem) as parts,
        ):
            _write(cache / stem, len(collection), parts, tick)
    paths = sorted(cache.glob(f"{stem}-*.npy"))
    return tuple(np.load(path, mmap_mode="r") for path in paths)


def features_of(
    photos: Iterable[tuple[str, bytes]],
    first: int,
    view: int,
    network: OnnxModel,
    threads: int | None = None,
) -> Iterator[Part]:
    """A part for each batch of the network; the same to the last bit wherever it is computed.

    Args:
        photos: names and encoded bytes, in the collection's order.
        first: the number of the first in the collection, a multiple of `BATCH`.
        threads: to decode on; None means as many as suit this machine.

    Raises:
        DatasetError: a photo cannot be decoded.
    """
    rest = iter(photos)
    with ThreadPoolExecutor(threads) as pool:
        while batch := list(islice(rest, BATCH)):
            pixels = pool.map(_pixels, batch)
            shown = np.stack([view_of(one, view, first + i) for i, one in enumerate(pixels)])
            for at in range(0, len(shown), _NETWORK_BATCH):
                yield first + at, network(pixels=shown[at : at + _NETWORK_BATCH])
            first += len(batch)


def _digest(collection: Collection, network: Path) -> str:
    """Changes with the network, and with the photos listed."""
    told = hashlib.sha256(network.read_bytes())
    told.update("\n".join(photo.name for photo in collection.photos).encode())
    return told.hexdigest()[:12]


def _write(stem: Path, photos: int, parts: Iterable[Part], tick: Callable[[int], None]) -> None:
    arrays: list[np.memmap[tuple[int, ...], np.dtype[np.float16]]] = []
    for first, outputs in parts:
        if not arrays:
            arrays = [
                _open(_file(stem, i, "part"), (photos, *output.shape[1:]))
                for i, output in enumerate(outputs)
            ]
        for array, output in zip(arrays, outputs, strict=True):
            array[first : first + len(output)] = output
        tick(len(outputs[0]))
    for i, array in reversed(list(enumerate(arrays))):  # the first one's name says: all are here
        array.flush()
        _file(stem, i, "part").rename(_file(stem, i, "npy"))


def _file(stem: Path, output: int, ending: str) -> Path:
    return stem.with_name(f"{stem.name}-{output}.{ending}")


def _open(path: Path, shape: tuple[int, ...]) -> np.memmap[tuple[int, ...], np.dtype[np.float16]]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


def _pixels(photo: tuple[str, bytes]) -> Pixels:
    name, data = photo
    try:
        return decode(data, PHOTO_SIDE).pixels
    except PhotoError as error:
        raise DatasetError(f"{name} cannot be decoded: {error}") from error
