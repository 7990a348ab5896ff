"""Building a snapshot from a library's vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.index.cells import write_cells
from wordsight.index.clustering import Clustering
from wordsight.index.nearest import measure_probes
from wordsight.index.snapshot import CELLS, Manifest, Origin, Snapshot, write_manifest

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

EXACT_BELOW = 10_000
"""Libraries smaller than this are compared in full: opening cells would cost more."""


@dataclass(frozen=True)
class SnapshotVectors:
    """What goes into a snapshot: unit float32 vectors `[n, d]` of n photos, ids ascending."""

    ids: Ids
    fused: Floats
    caption: Floats
    picture: Floats


def write_snapshot(
    folder: Path,
    vectors: SnapshotVectors,
    clustering: Clustering | None,
    queries: Callable[[], Floats],
    origin: Origin,
    exact_below: int = EXACT_BELOW,
) -> None:
    """Fill `folder`; large libraries get cells, and as many probes as the recall target needs.

    Args:
        folder: an empty folder.
        vectors: of all photos.
        clustering: of `vectors.fused`; None only when there are no photos.
        queries: gives unit float32 `[q, d]`, held out, to choose the number of probes on; only
            asked for where there are cells.
        origin: read from the catalog before the vectors were.
        exact_below: number of photos under which search is exact.
    """
    np.save(folder / "ids.npy", vectors.ids)
    np.save(folder / "fused.npy", vectors.fused)
    np.save(folder / "caption.npy", vectors.caption.astype(np.float16))
    np.save(folder / "picture.npy", vectors.picture.astype(np.float16))
    photos, dimension = vectors.fused.shape
    cells = 0 if clustering is None else len(clustering.centroids)
    manifest = Manifest(origin, photos, dimension, cells, nprobe=0)
    if clustering is not None and photos >= exact_below:
        write_cells(folder / CELLS, vectors.fused, clustering)
        write_manifest(folder, replace(manifest, nprobe=cells))
        curve = measure_probes(Snapshot(folder), queries())
        nprobe = curve[-1].nprobe if curve else cells
        manifest = replace(manifest, nprobe=nprobe, curve=curve)
    write_manifest(folder, manifest)


def probe_queries() -> list[str]:
    """Captions of other people's photos (MS COCO, CC BY 4.0), to choose probes on."""
    text = (files("wordsight.index") / "probe_queries.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
