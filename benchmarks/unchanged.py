"""What it costs to look for changes among 50,000 photos.

They are generated, small, and described by made-up models, so that the first run is quick: its
time is that of listing, reading, decoding and storing. Descriptions, database, cells and
snapshots are kept as ever.
"""

from __future__ import annotations

import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.crash.fake_models import fake_models
from benchmarks.measure import seconds, table
from wordsight import Library
from wordsight.indexing import IndexReport

PHOTOS = 50_000
_A_FOLDER = 500
_SHARE = 0.01


def run() -> str:
    """The table, in Markdown."""
    with tempfile.TemporaryDirectory() as name:
        paths = _paths(Path(name, "photos"), PHOTOS)
        with ThreadPoolExecutor() as pool:
            list(pool.map(_paint, paths, range(PHOTOS)))
        with Library(Path(name, "library"), fake_models()) as library:
            rows = _runs(library, Path(name, "photos"), paths)
    about = (__doc__ or "").strip().split("\n\n")[1]
    header = ["run", "seconds", "described", "share of the first run"]
    return "\n".join([f"## Changes among {PHOTOS:,} photos", "", about, "", table(header, rows)])


def _runs(library: Library, folder: Path, paths: list[Path]) -> list[list[str]]:
    taken: list[tuple[str, float, IndexReport]] = []

    def measured(name: str) -> None:
        reports: list[IndexReport] = []
        spent = seconds(lambda: reports.append(library.index([folder])))[0]
        taken.append((name, spent, reports[0]))

    measured("the first")
    measured("nothing changed")
    for i, path in enumerate(paths[:: round(1 / _SHARE)]):
        _paint(path, PHOTOS + i)
    measured(f"{_SHARE:.0%} changed")
    measured("nothing changed")
    first = taken[0][1]
    return [
        [name, f"{spent:.1f}", f"{report.described:,}", f"{spent / first:.1%}"]
        for name, spent, report in taken
    ]


def _paths(root: Path, count: int) -> list[Path]:
    for number in range(-(-count // _A_FOLDER)):
        (root / f"{number:03d}").mkdir(parents=True)
    return [root / f"{i // _A_FOLDER:03d}" / f"{i:05d}.jpg" for i in range(count)]


def _paint(path: Path, seed: int) -> None:
    """A small photo of its own."""
    colours = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).resize((64, 48), Image.Resampling.BICUBIC).save(file, "JPEG")
    path.write_bytes(file.getvalue())
