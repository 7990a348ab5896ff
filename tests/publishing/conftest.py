"""Libraries of fake models, those of many photos made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, choose_quickly, sentences
from tests.one_thread import one_thread as one_thread

NewLibrary = Callable[..., FakeLibrary]


@pytest.fixture(autouse=True)
def _quick_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_quickly(monkeypatch)


@pytest.fixture
def new_library(tmp_path: Path) -> Iterator[NewLibrary]:
    """Opens a library in the test's folder; again, with other models or borders, at need."""
    opened: list[FakeLibrary] = []

    def new(**arguments: object) -> FakeLibrary:
        opened.append(FakeLibrary(tmp_path / "library", **arguments))
        return opened[-1]

    yield new
    for library in opened:
        library.close()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Folders of libraries of so many photos, searched by cells, with a snapshot of them all."""
    folders: dict[int, Path] = {}

    def make(photos: int) -> Path:
        if photos not in folders:
            library = FakeLibrary(tmp_path_factory.mktemp("made"), exact_below=photos // 2)
            library.hold(sentences(photos))
            library.publisher.publish()
            library.close()
            folders[photos] = library.folder
        return folders[photos]

    return make


@pytest.fixture
def large(made: Callable[[int], Path], new_library: NewLibrary, tmp_path: Path) -> FakeLibrary:
    """Of a hundred photos, searched by cells, with a snapshot of them all."""
    shutil.copytree(made(100), tmp_path / "library")
    return new_library(exact_below=50)


@pytest.fixture
def larger(made: Callable[[int], Path], new_library: NewLibrary, tmp_path: Path) -> FakeLibrary:
    """The same of three hundred."""
    shutil.copytree(made(300), tmp_path / "library")
    return new_library(exact_below=150)
