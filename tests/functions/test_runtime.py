"""The package that is deployed, in Microsoft's runtime of the Python worker.

The host of the benchmarks drives it. The runtime needs Python 3.13; it, and all that the package
needs, is installed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.functions_instance import instance, prepare, runtime_python
from fastapi.testclient import TestClient
from tests.functions.conftest import HOST, search_path

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.server.app import create_app
from wordsight.server.keys import Keys
from wordsight.server.settings import Settings

PYTHON = runtime_python()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="the Functions runtime needs Python 3.13"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    assert PYTHON is not None
    return prepare(PYTHON, tmp_path_factory.mktemp("functions"))


@pytest.fixture
def plain(share: Path, models: ModelSet) -> Iterator[TestClient]:
    settings = Settings(keys=Keys(share / "keys.json"), hosts=(HOST,))
    with Library(share, models) as library:
        yield TestClient(create_app(library, settings), base_url=f"https://{HOST}")


def test_it_answers_as_the_plain_server_and_opens_nothing_twice(
    prepared: tuple[Path, Path], share: Path, key: str, plain: TestClient, tmp_path: Path
) -> None:
    local = str(tmp_path / "local")
    headers = {"Authorization": f"Bearer {key}"}
    with instance(*prepared, share, local, count=True, WORDSIGHT_SCHEDULE="0 0 * * * *") as started:
        assert set(started.started["functions"]) == {"http_app_func", "warmup", "describe"}
        first = started.ask(function="warmup")
        assert all(first["opened"][name] for name in ("models", "snapshots", "connections"))
        told: dict[str, Any] = {}
        for query in ("a cat", "größer als ein Hund & 100%", "a rocket"):
            told = started.get(search_path(query), key, whole=True)
            wanted = plain.get(search_path(query), headers=headers)
            assert told["status"] == wanted.status_code
            assert json.loads(told["body"]) == wanted.json()
            assert told["headers"]["content-type"] == wanted.headers["content-type"]
        assert told["opened"] == first["opened"]
        assert started.get("/")["status"] == 401
        assert started.get("/", key, whole=True)["body"] == plain.get("/", headers=headers).content
