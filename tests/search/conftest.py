"""Libraries of fake models, made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, choose_quickly, sentences
from tests.one_thread import one_thread as one_thread
from tests.postgres import copy_of, postgresql_made_once


@pytest.fixture(autouse=True)
def _quick_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_quickly(monkeypatch)


CELLS_FROM = {"exact": 10_000, "cells": 40}


def make(folder: Path, exact_below: int, url: str | None = None) -> FakeLibrary:
    """A library of sixty photos with a snapshot of them."""
    library = FakeLibrary(folder, exact_below=exact_below, url=url)
    with pytest.MonkeyPatch.context() as patched:
        choose_quickly(patched)
        library.hold(sentences(60))
        library.publisher.publish()
    library.close()
    return library


def copied(made: FakeLibrary, folder: Path) -> Iterator[FakeLibrary]:
    """A copy, to do with as one likes."""
    shutil.copytree(made.folder, folder)
    url = None if made.url is None else copy_of(made.url)
    copy = FakeLibrary(folder, exact_below=made.exact_below, url=url)
    yield copy
    copy.close()


@pytest.fixture(scope="session", params=CELLS_FROM.values(), ids=CELLS_FROM)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FakeLibrary:
    """One whose snapshot is searched, exactly or by cells."""
    return make(tmp_path_factory.mktemp("made"), request.param)


@pytest.fixture(scope="session", params=CELLS_FROM.values(), ids=CELLS_FROM)
def made_in_postgresql(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> FakeLibrary:
    """One that the database searches, all of it or some cells."""
    return make(tmp_path_factory.mktemp("made"), request.param, postgresql_made_once())


@pytest.fixture(
    scope="session",
    params=[(way, kind) for way in ("snapshot", "database") for kind in CELLS_FROM],
    ids="-".join,
)
def made_either_way(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> FakeLibrary:
    """One that is searched in a snapshot or in the database, exactly or by cells."""
    way, kind = request.param
    url = postgresql_made_once() if way == "database" else None
    return make(tmp_path_factory.mktemp("made"), CELLS_FROM[kind], url)


@pytest.fixture
def library(made: FakeLibrary, tmp_path: Path) -> Iterator[FakeLibrary]:
    yield from copied(made, tmp_path / "library")


@pytest.fixture
def in_postgresql(made_in_postgresql: FakeLibrary, tmp_path: Path) -> Iterator[FakeLibrary]:
    yield from copied(made_in_postgresql, tmp_path / "in-postgresql")
