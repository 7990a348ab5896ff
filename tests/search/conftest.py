"""What all tests of searching share: few queries to choose probes on, one thread for FAISS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLibrary, sentences
from tests.one_thread import one_thread as one_thread

from wordsight import publishing


@pytest.fixture(autouse=True)
def _few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = [f"{text} seen" for text in sentences(30, first=10_000)]
    monkeypatch.setattr(publishing, "probe_queries", lambda: queries)


@pytest.fixture(params=[10_000, 40], ids=["exact", "cells"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeLibrary]:
    """A library of sixty photos with a snapshot of them, searched exactly or by cells."""
    made = FakeLibrary(tmp_path / "library", exact_below=request.param)
    made.hold(sentences(60))
    made.publisher.publish()
    yield made
    made.close()
