"""The function app answers as the plain server does, and loads everything once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import onnxruntime
import pytest
from azure.functions.meta import get_binding_registry
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from tests.functions.conftest import Start, search_path
from wordsight_azure import lazy_app

from wordsight.index.snapshot import Snapshot


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often a model, a snapshot or a database connection was opened."""
    counts: Counter[str] = Counter()

    def counted(kind: type, name: str) -> None:
        real = kind.__init__

        def init(self: object, *arguments: object, **options: object) -> None:
            counts[name] += 1
            real(self, *arguments, **options)

        monkeypatch.setattr(kind, "__init__", init)

    def connected(*_: object) -> None:
        counts["connection"] += 1

    counted(onnxruntime.InferenceSession, "model")
    counted(Snapshot, "snapshot")
    event.listen(Engine, "connect", connected)
    yield counts
    event.remove(Engine, "connect", connected)


def test_functions_are_indexed_and_nothing_is_loaded(
    start: Start, tmp_path: Path, opened: Counter[str]
) -> None:
    functions = start(WORDSIGHT_SCHEDULE="0 */5 * * * *")
    bindings = {
        name: json.loads(one.get_raw_bindings()[0]) for name, one in functions.by_name.items()
    }
    assert bindings["http_app_func"]["route"] == "/{*route}"
    assert bindings["http_app_func"]["authLevel"] == "ANONYMOUS"
    assert bindings["warmup"]["type"] == "warmupTrigger"
    assert bindings["describe"]["schedule"] == "0 */5 * * * *"
    assert not opened
    assert not (tmp_path / "local").exists()
    assert "describe" not in start(WORDSIGHT_SCHEDULE="").by_name


def test_triggers_have_the_types_that_the_worker_demands(start: Start) -> None:
    """It refuses the whole app otherwise."""
    registry = get_binding_registry()
    functions = start(WORDSIGHT_SCHEDULE="0 */5 * * * *").by_name.values()
    for one in functions:
        trigger = one.get_trigger()
        types = get_type_hints(one.get_user_function())
        converter = registry.get(trigger.get_binding_name())
        assert converter.check_input_type_annotation(types[trigger.name]), trigger.name


@pytest.mark.parametrize("local", ["copied", ""])
def test_answers_are_those_of_the_plain_server(
    start: Start, plain: TestClient, key: str, local: str, tmp_path: Path
) -> None:
    functions = start(WORDSIGHT_LOCAL=local and str(tmp_path / local))
    photo = plain.get(search_path("a cat"), headers={"Authorization": f"Bearer {key}"}).json()
    for path in (
        "/",
        "/js/main.js",
        "/api/v1/health",
        "/api/v1/ready",
        search_path("a cat"),
        search_path("größer als ein Hund & 100%"),
        search_path("after:yesterday-ish"),
        "/api/v1/search",
        "/api/v1/stats",
        photo["results"][0]["thumbnail"],
        f"/api/v1/photos/{photo['results'][0]['id']}",
        "/api/v1/photos/999999",
        "/nothing",
    ):
        for given in (key, None):
            told = functions.http(path, key=given)
            headers = {"Authorization": f"Bearer {given}"} if given else {}
            wanted = plain.get(path, headers=headers)
            assert told.status_code == wanted.status_code, path
            if "stats" not in path:  # which tells how old the snapshot's files are
                assert told.get_body() == wanted.content, path
            for name in ("content-type", "cache-control", "content-security-policy"):
                assert told.headers.get(name) == wanted.headers.get(name), (path, name)


def test_a_photo_can_be_sent(start: Start, key: str, sample_photos: Path) -> None:
    photo = (sample_photos / "chelsea.png").read_bytes()
    form = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n%b\r\n--x--'
    told = start().http(
        "/api/v1/search",
        "POST",
        key,
        form % photo,
        **{"content-type": "multipart/form-data; boundary=x", "content-length": str(len(photo))},
    )
    assert json.loads(told.get_body())["results"][0]["name"] == "chelsea.png"


def test_answers_tell_the_build(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "BUILD").write_text("of today")
    monkeypatch.setattr(lazy_app, "_BUILD", tmp_path / "BUILD")
    functions = start()
    assert functions.http("/api/v1/health").headers["x-wordsight-build"] == "of today"
    monkeypatch.setenv("WORDSIGHT_SHARE", str(tmp_path / "nowhere"))
    functions.module.site._app = None
    refused = functions.http("/api/v1/health")
    assert (refused.status_code, refused.headers["x-wordsight-build"]) == (503, "of today")


def test_only_by_its_own_name(start: Start) -> None:
    told = start().http("/api/v1/health", host="elsewhere.example")
    assert told.status_code == 400


def test_the_second_request_opens_nothing(start: Start, key: str, opened: Counter[str]) -> None:
    functions = start()
    assert functions.http(search_path("a cat"), key=key).status_code == 200
    first = dict(opened)
    assert all(first[name] for name in ("model", "snapshot", "connection"))
    for query in ("a dog", "a rocket", "a cup of coffee"):
        assert functions.http(search_path(query), key=key).status_code == 200
    assert dict(opened) == first
    assert set(functions.module.site.took) == {"import", "models", "snapshot", "first query"}


def test_the_warm_up_leaves_nothing_to_load(start: Start, key: str, opened: Counter[str]) -> None:
    functions = start()
    functions.run("warmup")
    warmed = dict(opened)
    assert warmed["model"]
    assert functions.http(search_path("a cat"), key=key).status_code == 200
    assert dict(opened) == warmed


def test_those_who_come_first_together_load_once(start: Start, opened: Counter[str]) -> None:
    site = start().module.site
    loaded: list[object] = []
    threads = [threading.Thread(target=lambda: loaded.append(site.load())) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(loaded) == 8
    assert len(set(map(id, loaded))) == 1
    assert opened["model"] == 1


def test_a_copied_catalog_is_for_reading(start: Start, key: str) -> None:
    """By a key that may write elsewhere."""
    told = start().http("/api/v1/photos/1/caption", "DELETE", key)
    assert told.status_code == 403
    assert b"for reading only" in told.get_body()
