"""The vectors that indexes are compared on: real captions, and as many more as wanted.

The corpus is the first caption of each photo of COCO and Flickr30k, encoded; the queries are
second captions, by other people. Larger corpora begin with the real vectors and go on with derived
ones: each leaves a real vector by the angle to one of its ten nearest neighbours, in a direction
that lies at random between that neighbour's and noise of the corpus's own covariance. So it is as
far from its source as near neighbours are from each other.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.captions_library import FILES
from wordsight.index.build import probe_queries
from wordsight.models.packaged import ModelSet

Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]
Ids = npt.NDArray[np.int64]

NEIGHBOURS = 10
CHUNK = 32_768
"""Rows that are in memory at a time."""
_LEAST_ANGLE = 0.01
"""Of a neighbour: what is nearer is the same sentence, rounded differently."""


@dataclass(frozen=True)
class Corpus:
    """Unit float16 vectors `[n, d]` in an .npy file, read without mapping it into memory."""

    path: Path

    def __len__(self) -> int:
        return len(self._mapped())

    @property
    def dimension(self) -> int:
        return int(self._mapped().shape[1])

    def chunks(self, rows: int = CHUNK) -> Iterator[tuple[int, Halves]]:
        """The place of the first row, and some rows, from first to last."""
        mapped = self._mapped()
        count, dimension = mapped.shape
        with self.path.open("rb") as file:
            file.seek(mapped.offset)
            for start in range(0, count, rows):
                wanted = min(rows, count - start) * dimension
                yield start, np.fromfile(file, np.float16, wanted).reshape(-1, dimension)

    def take(self, rows: Ids) -> Floats:
        """Some rows by number, float32 `[..., d]`."""
        return np.asarray(self._mapped()[rows], np.float32)

    def sample(self, count: int, seed: int = 0) -> Floats:
        """So many rows, or all there are, float32 `[count, d]`."""
        chosen = np.zeros(len(self), bool)
        order = np.random.default_rng(seed).permutation(len(self))
        chosen[order[:count]] = True
        out = np.empty((min(count, len(self)), self.dimension), np.float32)
        filled = 0
        for start, rows in self.chunks():
            kept = rows[chosen[start : start + len(rows)]]
            out[filled : filled + len(kept)] = kept
            filled += len(kept)
        return out

    def _mapped(self) -> np.memmap[tuple[int, int], np.dtype[np.float16]]:
        mapped = np.load(self.path, mmap_mode="r")
        assert isinstance(mapped, np.memmap)
        return mapped


def make_corpus(data: Path, cache: Path, count: int) -> Corpus:
    """The first `count` vectors; larger corpora begin with all of the smaller ones."""
    path = cache / f"index-{_revision()}-{count}.npy"
    if not path.exists():
        real = _embeddings(data, cache)[0]
        aside = path.with_suffix(".part")
        with aside.open("wb") as file:
            told = {"descr": "<f2", "fortran_order": False, "shape": (count, real.shape[1])}
            np.lib.format.write_array_header_1_0(file, told)
            real[:count].astype(np.float16).tofile(file)
            for rows in derived(real, count - len(real)):
                rows.astype(np.float16).tofile(file)
        aside.rename(path)
    return Corpus(path)


def make_queries(data: Path, cache: Path, count: int, held_out: int) -> tuple[Floats, Floats]:
    """Second captions to measure on, and others to tune on, unit float32 `[q, d]`.

    Those that this index chooses its probes on are in neither.
    """
    second = _embeddings(data, cache)[1]
    seen = set(probe_queries())
    texts = [" ".join(row[1].split()) for row in _captions(data)]
    places = np.flatnonzero([text not in seen for text in texts])
    chosen = np.random.default_rng(0).permutation(places)[: 10_000 + held_out]
    return second[chosen[:count]], second[chosen[10_000:]]


def real_count(data: Path) -> int:
    """How many photos there are captions of."""
    return len(_captions(data))


def _captions(data: Path) -> list[list[str]]:
    rows: list[list[str]] = []
    for name in FILES:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            rows += json.load(file).values()
    return rows


def _revision() -> str:
    return ModelSet().records["encoder"].revision


def _embeddings(data: Path, cache: Path) -> Floats:
    """The first and the second caption of each photo, encoded, `[2, n, d]`."""
    path = cache / f"captions-pair-{_revision()}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        rows, encoder = _captions(data), ModelSet().encoder
        np.save(path, np.stack([encoder.encode([row[k] for row in rows]) for k in (0, 1)]))
    pair: Floats = np.load(path)
    return pair


def derived(real: Floats, count: int) -> Iterator[Floats]:
    """Chunks of derived vectors; the same each time, whatever `count` is."""
    if count <= 0:
        return
    sources = np.unique(real, axis=0)
    neighbours, noise = _neighbours(sources), np.linalg.cholesky(np.cov(sources.T))
    for number in range(-(-count // CHUNK)):
        rng = np.random.default_rng([1, number])
        chunk = _mixed(sources, neighbours, noise.T.astype(np.float32), rng)
        yield chunk[: count - number * CHUNK]


def _neighbours(vectors: Floats) -> Ids:
    """The nearest other rows of each row, `[n, NEIGHBOURS]`."""
    import faiss

    metric = faiss.METRIC_INNER_PRODUCT
    found: Ids = faiss.knn(vectors, vectors, NEIGHBOURS + 1, metric=metric)[1]
    return found[:, 1:]


def _mixed(real: Floats, neighbours: Ids, noise: Floats, rng: np.random.Generator) -> Floats:
    source = rng.integers(len(real), size=CHUNK)
    near = real[neighbours[source, rng.integers(NEIGHBOURS, size=CHUNK)]]
    start = real[source]
    cosine = np.einsum("nd,nd->n", start, near)[:, None]
    angle = np.arccos(cosine.clip(-1, 1)).clip(_LEAST_ANGLE)
    weight = rng.random((CHUNK, 1), np.float32)
    towards = _sideways(start, near)
    aside = _sideways(start, rng.standard_normal(start.shape, np.float32) @ noise)
    mixed = (weight * towards + np.sqrt(1 - weight**2) * aside).astype(np.float32)
    mixture: Floats = np.cos(angle) * start + np.sin(angle) * _sideways(start, mixed)
    return mixture


def _sideways(start: Floats, vectors: Floats) -> Floats:
    """The part of each vector at a right angle to its start, at unit length."""
    part = vectors - np.einsum("nd,nd->n", start, vectors)[:, None] * start
    unit: Floats = part / np.linalg.norm(part, axis=1, keepdims=True).clip(1e-12)
    return unit
