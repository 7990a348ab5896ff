"""Frozen CNN features of a collection, computed once and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.models.runtime import OnnxModel
from wordsight.photos.collection import Collection
from wordsight.photos.decode import decode
from wordsight.training.backbone import CELLS, CHANNELS, SIDE

Halves = npt.NDArray[np.float16]

_BATCH = 32


def load_features(collection: Collection, backbone: Path, cache: Path, mirrored: bool) -> Halves:
    """Feature grids of all photos, float16 `[photos, 49, 1280]`, memory-mapped.

    Computed when `cache` does not have them yet. `mirrored` flips the photos left to
    right, for augmentation.
    """
    model_id = hashlib.sha256(backbone.read_bytes()).hexdigest()[:12]
    ending = "-mirrored" if mirrored else ""
    path = cache / f"{collection.name}-{model_id}{ending}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _extract(collection, OnnxModel(backbone), path, mirrored)
    features: Halves = np.load(path, mmap_mode="r")
    return features


def _extract(collection: Collection, backbone: OnnxModel, path: Path, mirrored: bool) -> None:
    unfinished = path.with_suffix(".part")
    shape = (len(collection), CELLS, CHANNELS)
    out = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float16, shape=shape)
    done = 0
    for pixels in _pixel_batches(collection):
        grids = backbone(pixels=pixels[:, :, ::-1].copy() if mirrored else pixels)[0]
        out[done : done + len(grids)] = grids
        done += len(grids)
    out.flush()
    unfinished.rename(path)


def _pixel_batches(collection: Collection) -> Iterator[npt.NDArray[np.uint8]]:
    photos = collection.read()
    with ThreadPoolExecutor() as pool:
        while batch := list(islice(photos, _BATCH)):
            yield np.stack(list(pool.map(lambda data: decode(data, SIDE).pixels, batch)))
