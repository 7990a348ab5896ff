"""What a frozen network says about a collection, computed once and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.models.runtime import OnnxModel, Pixels
from wordsight.photos.collection import Collection
from wordsight.photos.decode import decode
from wordsight.training.backbone import SIDE
from wordsight.training.telling import Counting, Tick
from wordsight.training.views import view_of

Halves = npt.NDArray[np.float16]

_BATCH = 32
_NETWORK_BATCH = 8
"""Larger batches through the CNN are no faster on a CPU."""


def load_features(
    collection: Collection, network: Path, cache: Path, view: int, counting: Counting
) -> tuple[Halves, ...]:
    """Each output of an ONNX network for all photos, float16 `[photos, ...]`, memory-mapped.

    Computed when `cache` does not have them yet: of one view of each photo
    (`wordsight.training.views`).
    """
    stem = f"{collection.name}-{_digest(collection, network)}-view{view}"
    if not (cache / f"{stem}-0.npy").exists():
        cache.mkdir(parents=True, exist_ok=True)
        with counting(f"{collection.name}, view {view}", len(collection)) as tick:
            _extract(collection, OnnxModel(network), cache, stem, view, tick)
    paths = sorted(cache.glob(f"{stem}-*.npy"))
    return tuple(np.load(path, mmap_mode="r") for path in paths)


def _digest(collection: Collection, network: Path) -> str:
    """Changes with the network, and with the photos listed."""
    told = hashlib.sha256(network.read_bytes())
    told.update("\n".join(photo.name for photo in collection.photos).encode())
    return told.hexdigest()[:12]


def _extract(
    collection: Collection, network: OnnxModel, cache: Path, stem: str, view: int, tick: Tick
) -> None:
    arrays: list[np.memmap[tuple[int, ...], np.dtype[np.float16]]] = []
    done = 0
    for batch in _pixel_batches(collection):
        shown = np.stack([view_of(pixels, view, done + i) for i, pixels in enumerate(batch)])
        for at in range(0, len(shown), _NETWORK_BATCH):
            outputs = network(pixels=shown[at : at + _NETWORK_BATCH])
            if not arrays:
                arrays = [
                    _open(cache / f"{stem}-{i}.part", (len(collection), *output.shape[1:]))
                    for i, output in enumerate(outputs)
                ]
            for array, output in zip(arrays, outputs, strict=True):
                array[done : done + len(output)] = output
            done += len(outputs[0])
            tick(len(outputs[0]))
    for i, array in reversed(list(enumerate(arrays))):  # the first one's name says: all are here
        array.flush()
        (cache / f"{stem}-{i}.part").rename(cache / f"{stem}-{i}.npy")


def _open(path: Path, shape: tuple[int, ...]) -> np.memmap[tuple[int, ...], np.dtype[np.float16]]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


def _pixel_batches(collection: Collection) -> Iterator[list[Pixels]]:
    photos = collection.read()
    with ThreadPoolExecutor() as pool:
        while batch := list(islice(photos, _BATCH)):
            yield list(pool.map(lambda data: decode(data, SIDE).pixels, batch))
