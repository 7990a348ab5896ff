"""How many photos a second are described, and where the time goes.

Photos: those of `photos-uncaptioned.tar`, once at 640 x 480 and once enlarged to 12 megapixels
(a camera's size: the pixel count is what decoding pays for). The baseline in the same run is
the plain way: one photo after the other, unpacked at full scale, in batches of one.
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

import numpy as np
from PIL import Image

from benchmarks.measure import seconds, table
from wordsight import Library
from wordsight.models.captioner import Captioner
from wordsight.models.packaged import PHOTO_SIDE, ModelSet
from wordsight.photos.decode import decode

SIZES = {"640 px": ((640, 480), 240), "12 megapixels": ((4000, 3000), 48)}
_BATCH = 32


def run(data: Path) -> str:
    """The tables, in Markdown."""
    parts = ["## Describing", "", (__doc__ or "").strip().split("\n\n")[1]]
    for name, (size, count) in SIZES.items():
        photos = sample_photos(data, size, count)
        mean = sum(map(len, photos)) / len(photos) / 1000
        rows = _rows(photos)
        parts += ["", f"{count} photos at {name}, {mean:.0f} KB on average:", ""]
        parts.append(table(["part", "photos a second", "against the plain way"], rows))
    parts += ["", "Peak memory of `wordsight index`, whole process, photos at 640 px:", ""]
    parts.append(table(["photos", "MB"], _memory(data)))
    return "\n".join(parts)


def _memory(data: Path) -> list[list[str]]:
    photos = sample_photos(data, (640, 480), 240)
    rows = []
    for times in (1, 4):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "photos")
            source.mkdir()
            for i, photo in enumerate(photos * times):  # a trailing number makes each distinct
                (source / f"{i:05d}.jpg").write_bytes(photo + str(i).encode())
            peak = _peak_memory(["--library", f"{folder}/library", "index", str(source)])
        rows.append([str(len(photos) * times), f"{peak / 1e6:.0f}"])
    return rows


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
    models = ModelSet()
    pixels = np.stack([decode(photo, PHOTO_SIDE).pixels for photo in photos[:_BATCH]])
    grid = models.grid(pixels)
    texts = [caption.text for caption in models.captioner.caption(grid)]
    distinct = [f"{text} {i}" for i, text in enumerate(texts)]
    greedy = Captioner(models.folder, beams=1)
    plain = _rate(lambda: _plainly(photos[:24], models), 24)
    parts = {
        "the plain way, all parts": plain,
        "decode alone, all cores": _rate(lambda: _decode_all(photos), len(photos)),
        "CNN alone": _rate(lambda: models.grid(pixels), _BATCH, 4),
        "caption alone, beam of 3": _rate(lambda: models.captioner.caption(grid), _BATCH, 4),
        "caption alone, greedy": _rate(lambda: greedy.caption(grid), _BATCH, 4),
        "encode captions alone": _rate(lambda: models.encoder.encode(distinct), _BATCH, 4),
        "project pictures alone": _rate(lambda: models.projection.project(grid), _BATCH, 4),
        "**`wordsight index`, all parts**": _indexed(photos),
    }
    return [[name, f"{rate:.0f}", f"{rate / plain:.1f}"] for name, rate in parts.items()]


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


def _indexed(photos: list[bytes]) -> float:
    """The whole job on an empty library, models loaded, database and snapshot included."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "photos")
        source.mkdir()
        for i, photo in enumerate(photos):
            (source / f"{i:05d}.jpg").write_bytes(photo)
        with Library(Path(folder, "library")) as library:
            next(iter(library.describe([source / "00000.jpg"])))
            return len(photos) / library.index([source]).seconds


def sample_photos(data: Path, size: tuple[int, int], count: int) -> list[bytes]:
    photos = []
    with tarfile.open(data / "photos-uncaptioned.tar") as tar:
        for member in islice((m for m in tar if m.isfile()), count):
            file = tar.extractfile(member)
            assert file is not None
            image = Image.open(file).convert("RGB").resize(size, Image.Resampling.LANCZOS)
            out = io.BytesIO()
            image.save(out, "JPEG", quality=92)
            photos.append(out.getvalue())
    return photos
