"""Made-up models: cheap, and the same for the same picture, whatever else is in the batch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import cast

import numpy as np

from wordsight.models.captioner import Caption
from wordsight.models.fusion import fuse
from wordsight.models.packaged import PHOTO_SIDE, ModelRecord, ModelSet
from wordsight.models.runtime import Floats, Pixels

DIMENSION = 32
_GRID = 7
_KINDS = ("backbone", "captioner", "encoder", "projection")


def fake_models(revision: str = "1") -> ModelSet:
    """Takes the place of a `ModelSet`; of two revisions, one describes anew what the other did."""
    return cast(ModelSet, FakeModels(revision))


class FakeModels:
    """What indexing and searching ask of a `ModelSet`, computed from colours and hashes."""

    def __init__(self, revision: str) -> None:
        self.records = {
            kind: ModelRecord(kind, f"fake {kind}", "made up", "", "", {"none": revision})
            for kind in _KINDS
        }
        self.identity = f"fake-{revision}"
        self.captioner = FakeCaptioner(revision)
        self.encoder = FakeEncoder(revision)
        self.projection = FakeProjection()
        self.other_encoder = None
        self.sees = True

    def grid(self, pixels: Pixels) -> Floats:
        """The mean colours of 7 x 7 fields, less grey, as float32 `[n, 49, 3]`."""
        side = PHOTO_SIDE // _GRID
        fields = pixels.reshape(len(pixels), _GRID, side, _GRID, side, 3)
        means = fields.sum((2, 4), dtype=np.int64) / (255 * side * side) - 0.5
        grid: Floats = means.reshape(len(pixels), _GRID * _GRID, 3).astype(np.float32)
        return grid

    def put_away(self) -> None:
        """There is nothing large."""

    def look(self, pixels: Pixels, grid: Floats | None = None) -> Floats:
        return self.projection.project(self.grid(pixels) if grid is None else grid)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        return self.encoder.encode(texts)

    def place(self, caption: Floats, picture: Floats) -> tuple[Floats, Floats, Floats]:
        return fuse(caption, picture), caption, picture

    def damaged_files(self) -> list[str]:
        return []


class FakeCaptioner:
    """Captions that name the picture's colours, in hexadecimal."""

    def __init__(self, revision: str) -> None:
        self._revision = revision

    def caption(self, grid: Floats) -> list[Caption]:
        names = [hashlib.sha256(one.tobytes()).hexdigest()[:12] for one in grid]
        looks = np.zeros((1, _GRID * _GRID), np.float32)
        return [Caption(f"colours {name} by {self._revision}", -1.0, looks) for name in names]


class FakeEncoder:
    """A random direction for each text, always the same."""

    dimension = DIMENSION

    def __init__(self, revision: str) -> None:
        self._revision = revision

    def encode(self, texts: Sequence[str]) -> Floats:
        return np.stack([self._direction(text) for text in texts])

    def _direction(self, text: str) -> Floats:
        seed = hashlib.sha256(f"{self._revision}/{text}".encode()).digest()[:8]
        vector = np.random.default_rng(int.from_bytes(seed)).normal(size=DIMENSION)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


class FakeProjection:
    """Colours, turned at random into the space of the texts."""

    @cached_property
    def _matrix(self) -> Floats:
        random = np.random.default_rng(0)
        return random.normal(size=(_GRID * _GRID * 3, DIMENSION)).astype(np.float32)

    def project(self, grid: Floats) -> Floats:
        # One by one: a product of matrices may round in another way in another batch.
        placed = np.stack([one.ravel() @ self._matrix for one in grid])
        unit: Floats = placed / np.linalg.norm(placed, axis=1, keepdims=True)
        return unit
