"""Libraries of fake models, with few queries to choose probes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, sentences
from tests.one_thread import one_thread as one_thread

from wordsight import publishing

QUERIES = [f"{text} seen" for text in sentences(60, first=10_000)]

NewLibrary = Callable[..., FakeLibrary]


@pytest.fixture(autouse=True)
def _few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "probe_queries", lambda: QUERIES)


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
