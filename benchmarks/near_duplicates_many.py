"""Near-duplicates among many: what comparing in groups finds of what comparing all finds.

The photos of Flickr8k's training and development parts and of COCO's, 300 of them changed in nine
ways, and made-up ones: vectors derived from the photos' as those of the larger indexes are, and
thumbprints mixed of two. *All* compares every pair, as fewer photos are; *in groups* is what is
done above two billion pairs. A changed photo is found if it comes into one series with what it was.
Seconds are of the processor.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.index_vectors import derived
from benchmarks.measure import table
from benchmarks.near_duplicates import CHANGES, SAMPLE, encoded, rows_of
from wordsight.catalog.likenesses import LikenessRows
from wordsight.duplicates.comparing import connected
from wordsight.duplicates.gathering import gathered, take
from wordsight.duplicates.grouping import pairs_in_groups
from wordsight.duplicates.rule import near_duplicates
from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection

_SIZES = (30_000, 60_000, 250_000)
_ALL_UP_TO = 60_000
_BLOCK, _OTHERS = 2048, 5000
_HEADER = ["photos", "all, s", "in groups, s", "pairs by both", "by all", "in groups"]
_HEADER += [f"{how}: changed photos found" for how in ("all", "in groups")]

Pairs = set[tuple[int, int]]


def run(data: Path) -> str:
    """The section, in Markdown."""
    about = (__doc__ or "").strip().split("\n\n", 1)[1]
    photos, changed, chosen = _real(data)
    rows = [_row(photos, changed, chosen, size) for size in _SIZES]
    return "\n".join(["## Near-duplicates among many", "", about, "", table(_HEADER, rows)])


def _real(data: Path) -> tuple[LikenessRows, LikenessRows, list[int]]:
    """Photos, changed ones, and which of the photos each of these was."""
    models = ModelSet()
    names = ("flickr8k-train", "flickr8k-dev", "coco-dev")
    photos = [list(Collection(str(data / name)).read()) for name in names]
    chosen = random.Random(0).sample(range(len(photos[0])), SAMPLE)
    changed = [encoded(photos[0][i], change) for change in CHANGES.values() for i in chosen]
    flat = [photo for part in photos for photo in part]
    return (
        rows_of(flat, models, first=0),
        rows_of(changed, models, first=len(flat)),
        chosen * len(CHANGES),
    )


def _row(photos: LikenessRows, changed: LikenessRows, chosen: list[int], size: int) -> list[str]:
    found: dict[str, Pairs] = {}
    spent = {}
    with (
        tempfile.TemporaryDirectory() as name,
        gathered(_parts(photos, changed, size), Path(name)) as rows,
    ):
        ways = {"groups": _in_groups, "all": _all} if size <= _ALL_UP_TO else {"groups": _in_groups}
        for way, find in ways.items():
            began = time.process_time()
            found[way] = find(rows)
            spent[way] = time.process_time() - began
    places = dict(zip(changed.ids.tolist(), chosen, strict=True))
    together = {way: _found(pairs, places) for way, pairs in found.items()}
    both = f"{len(found['groups'] & found['all']):,}" if "all" in found else ""
    counts = [f"{len(found[way]):,}" if way in found else "" for way in ("all", "groups")]
    times = [f"{spent[way]:.0f}" if way in found else "" for way in ("all", "groups")]
    shares = [f"{together[way]:.1%}" if way in found else "" for way in ("all", "groups")]
    return [f"{size:,}", *times, both, *counts, *shares]


def _in_groups(rows: LikenessRows) -> Pairs:
    return {pair for _, pairs in pairs_in_groups(rows) for pair in pairs}


def _all(rows: LikenessRows) -> Pairs:
    found: Pairs = set()
    every = np.arange(len(rows))
    for start in range(0, len(rows), _BLOCK):
        new = take(rows, every[start : start + _BLOCK])
        for other in range(0, start + len(new), _OTHERS):
            found.update(near_duplicates(new, take(rows, every[other : other + _OTHERS])))
    return found


def _found(pairs: Pairs, places: dict[int, int]) -> float:
    """Which share of photos are in one series with what they were."""
    series = {photo: i for i, group in enumerate(connected(pairs)) for photo in group}
    return float(np.mean([series.get(a, -1) == series.get(b, -2) for a, b in places.items()]))


def _parts(photos: LikenessRows, changed: LikenessRows, size: int) -> Iterator[LikenessRows]:
    yield photos
    yield changed
    first = len(photos) + len(changed)
    rng = np.random.default_rng(0)
    for vectors in derived(photos.vectors.astype(np.float32), size - first):
        one, other = photos.thumbprints[rng.integers(len(photos), size=(2, len(vectors)))]
        share = rng.random((len(vectors), 1))
        mixed = (one * share + other * (1 - share)).astype(np.uint8)
        yield _made_up(first, vectors, mixed)
        first += len(vectors)


def _made_up(first: int, vectors: np.ndarray, thumbprints: np.ndarray) -> LikenessRows:
    count = len(vectors)
    return LikenessRows(
        np.arange(first, first + count),
        vectors.astype(np.float32),
        thumbprints,
        np.full(count, np.nan),
        np.zeros(count, np.int64),
        np.zeros(count, bool),
    )
