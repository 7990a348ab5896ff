"""A server in this process, over a library of the sample photos."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.server.app import create_app

BASE = "http://127.0.0.1"


@pytest.fixture
def library(sample_library: Path, models: ModelSet, tmp_path: Path) -> Iterator[Library]:
    with Library(shutil.copytree(sample_library, tmp_path / "library"), models) as library:
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), base_url=BASE)


def search(client: TestClient, query: str, **parameters: object) -> list[dict[str, object]]:
    answer = client.get("/api/v1/search", params={"q": query, **parameters})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def cat_of(client: TestClient) -> dict[str, object]:
    """The sample photos' cat."""
    return next(hit for hit in search(client, "a cat") if hit["name"] == "chelsea.png")
