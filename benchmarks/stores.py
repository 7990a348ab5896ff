"""Describing photos that lie in blob storage, beside the same photos in a folder.

The store is Azurite on this machine, so that its own work takes from the same cores: the last
column leaves out the processor time that it took, as if it had run elsewhere. Both ways take
turns; the medians of their times count.
"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import psutil
from azure.storage.blob import ContainerClient
from scripts.azurite import azurite, connection_string

from benchmarks.describe import sample_photos
from benchmarks.measure import seconds, table
from wordsight import Library
from wordsight.models.packaged import ModelSet

_HEADER = [
    "photos in",
    "described a second",
    "range",
    "against the folder",
    "without the store's own work",
]
_PHOTOS = 300
_TURNS = 5


def run(data: Path) -> str:
    """The table, in Markdown."""
    photos = sample_photos(data, (640, 480), _PHOTOS)
    models = ModelSet()
    with tempfile.TemporaryDirectory() as name, azurite(Path(name)) as port:
        folder = Path(name, "photos")
        folder.mkdir()
        for i, photo in enumerate(photos):
            (folder / f"{i:04d}.jpg").write_bytes(photo)
        with patch.dict("os.environ", AZURE_STORAGE_CONNECTION_STRING=connection_string(port)):
            _upload(port, photos)
            places = {"a folder": str(folder), "Azurite": "az://photos"}
            turns: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
            for _ in range(_TURNS):
                for name, place in places.items():
                    turns[name].append(_turn(place, models))
    about = (__doc__ or "").strip().split("\n\n")[1]
    return "\n".join(["## Photos in a store", "", about, "", table(_HEADER, _rows(turns))])


def _rows(turns: dict[str, list[tuple[float, float]]]) -> list[list[str]]:
    base = median(spent for spent, _ in turns["a folder"])
    rows = []
    for name, seen in turns.items():
        spent = median(spent for spent, _ in seen)
        own = median(spent - served for spent, served in seen)
        rates = [_PHOTOS / spent for spent, _ in seen]
        spread = f"{min(rates):.0f}-{max(rates):.0f}"
        rows.append(
            [name, f"{_PHOTOS / spent:.0f}", spread, f"{base / spent:.0%}", f"{base / own:.0%}"]
        )
    return rows


def _turn(place: str, models: ModelSet) -> tuple[float, float]:
    """Seconds for all photos, and for how many of them the server held the cores."""
    before = _served()
    with tempfile.TemporaryDirectory() as folder, Library(folder, models) as library:
        spent = seconds(partial(library.index, [place]))[0]
    return spent, (_served() - before) / (os.cpu_count() or 1)


def _served() -> float:
    """Processor time of Azurite so far."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())


def _upload(port: int, photos: list[bytes]) -> None:
    with ContainerClient.from_connection_string(connection_string(port), "photos") as container:
        container.create_container()
        for i, photo in enumerate(photos):
            container.upload_blob(f"{i:04d}.jpg", photo)
