"""The package that is deployed, in the handlers of Microsoft's present worker.

The host of the benchmarks drives them. They need Python 3.13; they, and all that the package
needs, are installed here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.functions_instance import Prepared, instance, prepare, worker_python
from fastapi.testclient import TestClient
from tests.functions.conftest import search_path

PYTHON = worker_python("called")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="the Functions runtime needs Python 3.13"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    assert PYTHON is not None
    return prepare("called", PYTHON, tmp_path_factory.mktemp("functions"))


def test_it_answers_as_the_plain_server_and_opens_nothing_twice(
    prepared: Prepared, share: Path, key: str, plain: TestClient, tmp_path: Path
) -> None:
    local = str(tmp_path / "local")
    headers = {"Authorization": f"Bearer {key}"}
    with instance(prepared, share, local, count=True, WORDSIGHT_SCHEDULE="0 0 * * * *") as started:
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
        thumbnail = json.loads(told["body"])["results"][0]["thumbnail"]
        assert started.get(thumbnail, key)["status"] == 200
        assert started.get("/")["status"] == 401
        assert started.get("/", key, whole=True)["body"] == plain.get("/", headers=headers).content
