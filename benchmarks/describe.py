"""How many photos a second are described, and where the time goes.

Photos: those of `photos-uncaptioned.tar` and their mirror images, once at 640 x 480 and once
enlarged to 12 megapixels (a camera's size: the pixel count is what decoding pays for). The baseline
in the same run is the plain way: one photo after the other, unpacked at full scale, in batches of
one.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.describe_peers import Peer
from benchmarks.measure import seconds, table
from wordsight import Library
from wordsight.models.packaged import PHOTO_SIDE, ModelSet
from wordsight.models.precision import Precision, computes_int8
from wordsight.photos.decode import decode

SIZES = {"640 px": ((640, 480), 600), "12 megapixels": ((4000, 3000), 48)}
_HEADER = ["part", "photos a second", "times the peers", "times the plain way"]
_BATCH = 32
_PICTURE = Path("docs/images/describe.svg")
_COUNTS = (1_000, 2_500, 5_000, 10_000)
_PEERS = 96
"""Photos that the peers are given: they take long."""


def run(data: Path) -> str:
    """The tables, in Markdown."""
    parts = ["## Describing", "", (__doc__ or "").strip().split("\n\n")[1]]
    for name, (size, count) in SIZES.items():
        photos = sample_photos(data, size, count)
        mean = sum(map(len, photos)) / len(photos) / 1000
        rows = _rows(photos)
        parts += ["", f"{count} photos at {name}, {mean:.0f} KB on average:", ""]
        parts.append(table(_HEADER, rows))
    told = _growth(data)
    _draw(told)
    rows = [
        [f"{count:,}", f"{spent:.0f}", f"{count / spent:.0f}", f"{peak:.0f}"]
        for count, spent, peak in told
    ]
    parts += ["", "The command on new libraries of photos at 320 px, whole process:", ""]
    parts.append(table(["photos", "seconds", "photos a second", "peak memory, MB"], rows))
    parts += ["", f"![Time and memory by number of photos]({_PICTURE.relative_to('docs')})"]
    return "\n".join(parts)


def _growth(data: Path) -> list[tuple[int, float, float]]:
    """Photos, seconds and megabytes of `wordsight index` on new libraries of small photos."""
    photos = sample_photos(data, (320, 240), max(_COUNTS), "flickr8k-train")
    told = []
    for count in _COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "photos")
            source.mkdir()
            for i, photo in enumerate(photos[:count]):
                (source / f"{i:05d}.jpg").write_bytes(photo)
            command = ["--library", f"{folder}/library", "index", str(source)]
            peaks: list[int] = []
            spent = seconds(lambda: peaks.append(_peak_memory(command)))[0]  # noqa: B023
        told.append((count, spent, peaks[0] / 1e6))
    return told


def _draw(told: list[tuple[int, float, float]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    counts, spent, peaks = zip(*told, strict=True)
    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "describe", "font.size": 9}
    with pyplot.rc_context(style):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
        for axes, heights, title in (
            (left, spent, "seconds"),
            (right, peaks, "peak memory, MB"),
        ):
            axes.plot([0, *counts], [0, *heights] if axes is left else [None, *heights], "o-")
            axes.set(xlabel="photos", ylim=(0, None))
            axes.set_title(title, fontsize=9)
            axes.grid(alpha=0.25)
        _PICTURE.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(_PICTURE, metadata={"Date": None})
        pyplot.close(figure)


def _peak_memory(arguments: list[str]) -> int:
    """Bytes of the largest resident set of a `wordsight` process.

    It is started by a small process: a child's account begins with its parent's size.
    """
    command = [sys.executable, "-c", _MEASURE, sys.executable, "-m", "wordsight", *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(told.stdout) * 1024


_MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _rows(photos: list[bytes]) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(Path(folder))
        peers = _rate(lambda: peer.embed(photos[:_PEERS]), min(_PEERS, len(photos)))
    plain = _rate(lambda: _plainly(photos[:24], ModelSet(precision="float32")), 24)
    rates = {
        "the plain way": plain,
        "ViT-B/32, as clip-retrieval and rclip": peers,
        "decode alone": _rate(lambda: _decode_all(photos), len(photos)),
    }
    for precision in _precisions():
        rates |= {f"{name}, {precision}": rate for name, rate in _parts(photos, precision).items()}
    return [
        [name, f"{rate:.0f}", f"{rate / peers:.1f}", f"{rate / plain:.1f}"]
        for name, rate in rates.items()
    ]


def _precisions() -> list[Precision]:
    return ["float32", "int8"] if computes_int8() else ["float32"]


def _parts(photos: list[bytes], precision: Precision) -> dict[str, float]:
    models, greedy = (ModelSet(beams=beams, precision=precision) for beams in (3, 1))
    pixels = np.stack([decode(photo, PHOTO_SIDE).pixels for photo in photos[:_BATCH]])
    grid = models.grid(pixels)
    texts = [caption.text for caption in models.captioner.caption(grid)]
    distinct = [f"{text} {i}" for i, text in enumerate(texts)]
    return {
        "CNN alone": _rate(lambda: models.grid(pixels), _BATCH, 4),
        "caption alone, beam of 3": _rate(lambda: models.captioner.caption(grid), _BATCH, 4),
        "caption alone, greedy": _rate(lambda: greedy.captioner.caption(grid), _BATCH, 4),
        "encode captions alone": _rate(lambda: models.encoder.encode(distinct), _BATCH, 4),
        "**`wordsight index`**, greedy": _indexed(photos, greedy),
        "**`wordsight index`**, beam of 3": _indexed(photos, models),
    }


def _rate(work: object, photos: int, runs: int = 1) -> float:
    assert callable(work)
    if runs > 1:
        work()  # warm
    return photos / float(np.median(seconds(work, runs)))


def _decode_all(photos: list[bytes]) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda photo: decode(photo, PHOTO_SIDE), photos))


def _plainly(photos: list[bytes], models: ModelSet) -> None:
    for photo in photos:
        image = Image.open(io.BytesIO(photo)).convert("RGB").resize((PHOTO_SIDE, PHOTO_SIDE))
        grid = models.grid(np.asarray(image)[None])
        models.encoder.encode([models.captioner.caption(grid)[0].text])
        models.projection.project(grid)


def _indexed(photos: list[bytes], models: ModelSet) -> float:
    """The whole job on an empty library, models loaded, database and snapshot included."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "photos")
        source.mkdir()
        for i, photo in enumerate(photos):
            (source / f"{i:05d}.jpg").write_bytes(photo)
        with Library(Path(folder, "library"), models) as library:
            next(iter(library.describe([source / "00000.jpg"])))
            return len(photos) / library.index([source]).seconds


def sample_photos(
    data: Path, size: tuple[int, int], count: int, collection: str = "photos-uncaptioned"
) -> list[bytes]:
    """The first photos of a collection as JPEGs of a size, then their mirror images."""
    photos: list[bytes] = []
    for transposed in (None, Image.Transpose.FLIP_LEFT_RIGHT):
        with tarfile.open(data / f"{collection}.tar") as tar:
            members = (member for member in tar if member.isfile())
            for member in islice(members, count - len(photos)):
                file = tar.extractfile(member)
                assert file is not None
                image = Image.open(file).convert("RGB").resize(size, Image.Resampling.LANCZOS)
                out = io.BytesIO()
                image = image if transposed is None else image.transpose(transposed)
                image.save(out, "JPEG", quality=92)
                photos.append(out.getvalue())
    return photos
