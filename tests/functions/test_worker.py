"""The package that is deployed, in Microsoft's published worker, over its gRPC protocol.

The host of the benchmarks starts it, unchanged, as a process of its own. It is of 2020, when
functions were described by function.json; it, and all that the package needs, is installed here.
"""

from __future__ import annotations

import base64
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from benchmarks.functions_instance import (
    Instance,
    InvocationError,
    Prepared,
    instance,
    prepare,
    worker_python,
)
from fastapi.testclient import TestClient
from tests.functions.conftest import Start, search_path

PYTHON = worker_python("streamed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="the worker is run with Python 3.11"),
]
SCHEDULE = {"WORDSIGHT_SCHEDULE": "0 0 * * * *"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    assert PYTHON is not None
    return prepare("streamed", PYTHON, tmp_path_factory.mktemp("functions"))


Launch = Callable[..., AbstractContextManager[Instance]]


@pytest.fixture
def launch(prepared: Prepared, share: Path, tmp_path: Path) -> Launch:
    def new(**options: str) -> AbstractContextManager[Instance]:
        return instance(prepared, share, str(tmp_path / "local"), count=True, **options)

    return new


@pytest.fixture
def worker(launch: Launch) -> Iterator[Instance]:
    """With all functions loaded."""
    with launch(**SCHEDULE) as started:
        yield started


def test_the_functions_of_the_app_are_loaded(worker: Instance, start: Start) -> None:
    functions = start(**SCHEDULE).by_name
    told = {name: (one["type"], one["name"]) for name, one in worker.started["functions"].items()}
    triggers = {name: one.get_trigger() for name, one in functions.items()}
    assert told == {name: (one.type, one.name) for name, one in triggers.items()}


def test_a_function_is_there_only_if_it_is_declared(launch: Launch) -> None:
    for settings, names in ((SCHEDULE, {"describe"}), ({}, set())):
        with launch(**settings) as started:
            assert set(started.started["functions"]) == {"http_app_func", "warmup", *names}


def test_answers_are_those_of_the_plain_server(
    worker: Instance, plain: TestClient, key: str
) -> None:
    photo = plain.get(search_path("a cat"), headers={"Authorization": f"Bearer {key}"}).json()
    for path in (
        "/",
        "/js/main.js",
        "/api/v1/health",
        search_path("a cat"),
        search_path("größer als ein Hund & 100%"),
        search_path("after:yesterday-ish"),
        "/api/v1/search",
        photo["results"][0]["thumbnail"],
        f"/api/v1/photos/{photo['results'][0]['id']}",
        "/api/v1/photos/999999",
        "/nothing",
    ):
        for given in (key, "wrong", None):
            told = worker.get(path, given, whole=True)
            headers = {"Authorization": f"Bearer {given}"} if given else {}
            wanted = plain.get(path, headers=headers)
            assert told["status"] == wanted.status_code, path
            assert told["body"] == wanted.content, path
            for name in ("content-type", "cache-control", "content-security-policy"):
                assert told["headers"].get(name) == wanted.headers.get(name), (path, name)


def test_a_photo_can_be_sent(
    worker: Instance, plain: TestClient, key: str, sample_photos: Path
) -> None:
    photo = (sample_photos / "chelsea.png").read_bytes()
    form = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n%b\r\n--x--'
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "multipart/form-data; boundary=x",
    }
    body = form % photo
    told = worker.ask(
        method="POST",
        path="/api/v1/search",
        headers=headers,
        body=base64.b64encode(body).decode(),
        whole=True,
    )
    wanted = plain.post("/api/v1/search", headers=headers, content=body)
    assert (told["status"], base64.b64decode(told["body"])) == (200, wanted.content)


def test_after_the_warm_up_nothing_is_opened(worker: Instance, key: str) -> None:
    first = worker.ask(function="warmup")
    assert all(first["opened"][name] for name in ("models", "snapshots", "connections"))
    assert set(first["took"]) == {"import", "models", "snapshot", "first query"}
    for query in ("a cat", "a dog", "a rocket"):
        told = worker.get(search_path(query), key)
        assert told["status"] == 200
    assert (told["opened"], told["took"]) == (first["opened"], first["took"])


def test_a_function_that_fails_says_why_and_the_next_is_answered(
    worker: Instance, key: str
) -> None:
    with pytest.raises(InvocationError, match="needs a catalog in PostgreSQL"):
        worker.ask(function="describe")
    assert worker.get(search_path("a cat"), key)["status"] == 200


def test_a_worker_that_is_killed_is_told(worker: Instance, key: str) -> None:
    kill = threading.Timer(0.1, os.kill, (worker.started["process"], signal.SIGKILL))
    kill.start()  # in the midst of the first request, which loads everything, or of one after it
    with pytest.raises(InvocationError, match="the worker has ended by signal 9"):
        _ = [worker.get(search_path("a cat"), key) for _ in range(100)]
    with pytest.raises(InvocationError, match="the worker has ended by signal 9"):
        worker.get(search_path("a dog"), key)
