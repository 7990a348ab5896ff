"""Real photos and a real library, described once for all tests that only read it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from wordsight import Library
from wordsight.models.packaged import ModelSet

SAMPLES = {
    "astronaut.png": "skimage.data",
    "chelsea.png": "skimage.data",  # a cat
    "coffee.png": "skimage.data",
    "rocket.jpg": "skimage.data",
    "china.jpg": "sklearn.datasets.images",
    "flower.jpg": "sklearn.datasets.images",
}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def models() -> ModelSet:
    return ModelSet()


@pytest.fixture(scope="session")
def sample_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six real photographs. Not to be changed: copy it first."""
    folder = tmp_path_factory.mktemp("samples")
    for name, package in SAMPLES.items():
        shutil.copyfile(str(files(package) / name), folder / name)
    return folder


@pytest.fixture
def photos(sample_photos: Path, tmp_path: Path) -> Path:
    """A copy of the sample photos, to do with as one likes."""
    return Path(shutil.copytree(sample_photos, tmp_path / "photos"))


@pytest.fixture(scope="session")
def sample_library(
    sample_photos: Path, models: ModelSet, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a library of the sample photos. Not to be changed."""
    folder = tmp_path_factory.mktemp("library")
    with Library(folder, models) as library:
        library.index([sample_photos])
    return folder


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def wordsight(library_folder: Path) -> Run:
    """Run the real command on a library of the test's own."""

    def run(*arguments: object, library: Path = library_folder) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            env={**os.environ, "WORDSIGHT_LIBRARY": str(library)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "wordsight", *map(str, arguments)]
