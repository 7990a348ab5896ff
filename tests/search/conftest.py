"""Libraries of fake models, made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, choose_quickly, sentences
from tests.one_thread import one_thread as one_thread


@pytest.fixture(autouse=True)
def _quick_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_quickly(monkeypatch)


@pytest.fixture(scope="session", params=[10_000, 40], ids=["exact", "cells"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FakeLibrary:
    """A library of sixty photos with a snapshot of them, searched exactly or by cells."""
    library = FakeLibrary(tmp_path_factory.mktemp("made"), exact_below=request.param)
    with pytest.MonkeyPatch.context() as patched:
        choose_quickly(patched)
        library.hold(sentences(60))
        library.publisher.publish()
    library.close()
    return library


@pytest.fixture
def library(made: FakeLibrary, tmp_path: Path) -> Iterator[FakeLibrary]:
    """A copy, to do with as one likes."""
    folder = shutil.copytree(made.folder, tmp_path / "library")
    copy = FakeLibrary(folder, exact_below=made.exact_below)
    yield copy
    copy.close()
