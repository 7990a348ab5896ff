"""Steps in a library's life, each of which is to be killed somewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.crash.fake_models import fake_models
from wordsight.indexing import Watch
from wordsight.library import Library


@dataclass(frozen=True)
class Scenario:
    """A step, what was before it, and how one goes on after a kill.

    `prepare` is given a folder for photos and one for a library, neither of which exists;
    `step` is the run that is killed, `go_on` the next run. `models` is their revision.
    """

    prepare: Callable[[Path, Path], None]
    step: Callable[[Library, Path, Watch], None]
    go_on: Callable[[Library, Path, Watch], None]
    models: str = "1"


def paint(folder: Path, numbers: range) -> None:
    """A small JPEG for each number: its own pattern of colours."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        colours = np.random.default_rng(number).integers(0, 256, (7, 7, 3), np.uint8)
        image = Image.fromarray(colours).resize((56, 56), Image.Resampling.NEAREST)
        image.save(folder / f"{number:02d}.jpg", quality=90)


def _spoil(photo: Path) -> None:
    photo.write_text("no picture", encoding="utf-8")


def _index(library: Library, photos: Path, watch: Watch) -> None:
    library.index([photos], watch=watch)


def _forget(library: Library, photos: Path, _watch: Watch) -> None:
    library.forget(photos / "trip")


def _forget_if_known(library: Library, photos: Path, watch: Watch) -> None:
    """What was killed when it had forgotten needs only be published."""
    if (photos / "trip").as_uri() in library.status().sources:
        library.forget(photos / "trip")
    library.index(watch=watch)


def _fit(library: Library, _photos: Path, watch: Watch) -> None:
    library.clusterings().fit(cells=3, seed=1, watch=watch)


def _switch(library: Library, _photos: Path, watch: Watch) -> None:
    """To the older of two clusterings."""
    clusterings = library.clusterings()
    clusterings.activate(clusterings.all()[0].id, watch)


def _prepare_first(photos: Path, _library: Path) -> None:
    paint(photos, range(10))
    shutil.copyfile(photos / "09.jpg", photos / "10-copy.jpg")
    _spoil(photos / "05-broken.jpg")


def _prepare_more(photos: Path, library: Path) -> None:
    paint(photos, range(8))
    _indexed(library, photos)
    paint(photos, range(8, 17))
    shutil.copyfile(photos / "03.jpg", photos / "17-copy.jpg")
    _spoil(photos / "05-broken.jpg")


def _prepare_changes(photos: Path, library: Path) -> None:
    """Photos that will have been changed, removed, moved, touched, spoilt and mended."""
    paint(photos, range(18))
    _spoil(photos / "05-broken.jpg")
    _indexed(library, photos)
    for name in ("00.jpg", "01.jpg"):
        shutil.copyfile(photos / "12.jpg", photos / name)
    paint(photos / "new", range(20, 23))
    (photos / "new" / "20.jpg").replace(photos / "02.jpg")
    (photos / "03.jpg").unlink()
    (photos / "04.jpg").unlink()
    (photos / "05.jpg").rename(photos / "new" / "05.jpg")
    (photos / "06.jpg").rename(photos / "06-renamed.jpg")
    for name in ("07.jpg", "08.jpg"):
        os.utime(photos / name, ns=(0, 0))
    _spoil(photos / "09.jpg")
    (photos / "new" / "21.jpg").replace(photos / "05-broken.jpg")


def _prepare_forgetting(photos: Path, library: Path) -> None:
    paint(photos / "home", range(12))
    paint(photos / "trip", range(8, 24))
    _indexed(library, photos / "home", photos / "trip")


def _prepare_lost_snapshots(photos: Path, library: Path) -> None:
    paint(photos, range(16))
    _indexed(library, photos)
    shutil.rmtree(library / "snapshots")


def _prepare_fitting(photos: Path, library: Path) -> None:
    paint(photos, range(16))
    _indexed(library, photos)


def _prepare_switching(photos: Path, library: Path) -> None:
    _prepare_fitting(photos, library)
    with Library(library, fake_models()) as opened:
        opened.clusterings().fit(cells=2)
        opened.clusterings().fit(cells=4)


def _prepare_other_models(photos: Path, library: Path) -> None:
    paint(photos, range(12))
    _indexed(library, photos)


def _indexed(folder: Path, *photos: Path) -> None:
    with Library(folder, fake_models()) as library:
        library.index(photos)


SCENARIOS = {
    "first indexing": Scenario(_prepare_first, _index, _index),
    "more photos": Scenario(_prepare_more, _index, _index),
    "changed photos": Scenario(_prepare_changes, _index, _index),
    "other models": Scenario(_prepare_other_models, _index, _index, models="2"),
    "forgetting a folder": Scenario(_prepare_forgetting, _forget, _forget_if_known),
    "lost snapshots": Scenario(_prepare_lost_snapshots, _index, _index),
    "fitting a clustering": Scenario(_prepare_fitting, _fit, _index),
    "switching clusterings": Scenario(_prepare_switching, _switch, _index),
}
