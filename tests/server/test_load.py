"""Many requests at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.server.conftest import BASE

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.search.finder import Answer
from wordsight.search.language import Query
from wordsight.server.app import create_app
from wordsight.server.encoding import MOST_AT_ONCE, Batcher, ServingModels
from wordsight.server.lanes import OverloadError, Workers
from wordsight.server.metrics import Metrics
from wordsight.server.settings import Lane, Settings


class Model:
    """Takes its time; a sentence's vector is its length."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.go_on = threading.Event()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.batches.append(len(texts))
        assert self.go_on.wait(20)
        if "bad" in texts:
            raise ValueError("bad")
        return np.array([[len(text)] for text in texts], np.float32)


def start(batcher: Batcher, texts: Sequence[str]) -> list[object]:
    pool = ThreadPoolExecutor(len(texts))
    futures = [pool.submit(batcher, text) for text in texts]
    until = time.monotonic() + 20
    while len(batcher._open) < len(texts) and time.monotonic() < until:
        time.sleep(0.01)
    return list(futures)


def test_what_comes_while_the_model_is_busy_is_encoded_together() -> None:
    model, told = Model(), []
    batcher = Batcher(model.encode, lambda size, _: told.append(size))
    count = 2 * MOST_AT_ONCE
    futures = start(batcher, ["x" * n for n in range(1, count + 1)])
    model.go_on.set()
    assert [future.result(20)[0] for future in futures] == list(range(1, count + 1))  # type: ignore[attr-defined]
    assert model.batches == told == [1, MOST_AT_ONCE, MOST_AT_ONCE - 1]


def test_what_is_expected_is_encoded_before_it_is_asked_for() -> None:
    model = Model()
    model.go_on.set()
    batcher = Batcher(model.encode, lambda *_: None)
    batcher.expect(["xx", "xxx"])
    until = time.monotonic() + 20
    while batcher._open and time.monotonic() < until:
        time.sleep(0.01)
    assert model.batches == [2]
    assert [batcher("x" * n)[0] for n in (1, 2, 3)] == [1, 2, 3]
    assert (model.batches, batcher.hits, batcher.misses) == ([2, 1], 2, 1)


def test_nobody_waits_for_company() -> None:
    model = Model()
    model.go_on.set()
    batcher = Batcher(model.encode, lambda *_: None)
    assert [batcher("x" * n)[0] for n in (1, 2)] == [1, 2]
    assert model.batches == [1, 1]


def test_an_error_is_that_of_its_batch_alone() -> None:
    model = Model()
    model.go_on.set()
    batcher = Batcher(model.encode, lambda *_: None)
    with pytest.raises(ValueError, match="bad"):
        batcher("bad")
    assert batcher("good")[0] == 4


def test_queries_are_encoded_as_ever_and_once(models: ModelSet) -> None:
    serving = ServingModels()
    texts = ["a cat", "two dogs in snow", "a cat"]
    assert np.allclose(serving.encode_queries(texts), models.encode_queries(texts), atol=1e-5)
    assert (serving.batcher.hits, serving.batcher.misses) == (1, 2)


def run_at_once(workers: Workers, calls: int, seconds: float) -> list[object]:
    async def all_of_them() -> list[object]:
        work = [workers(time.sleep, seconds) for _ in range(calls)]
        return await asyncio.gather(*work, return_exceptions=True)

    return asyncio.run(all_of_them())


def test_more_than_may_wait_are_turned_away() -> None:
    workers = Workers("test", Lane(running=1, waiting=2, seconds=5), Metrics())
    outcomes = run_at_once(workers, 5, 0.1)
    refused = [one for one in outcomes if isinstance(one, OverloadError)]
    assert [(one.code, one.retry_after) for one in refused] == [(429, 1)] * 2
    assert outcomes.count(None) == 3
    assert workers.unfinished == 0


def test_what_takes_too_long_is_answered_but_keeps_its_thread() -> None:
    workers = Workers("test", Lane(running=1, waiting=2, seconds=0.1), Metrics())

    async def one_then_look() -> tuple[object, int]:
        outcome = await asyncio.gather(workers(time.sleep, 0.6), return_exceptions=True)
        return outcome[0], workers.unfinished

    outcome, unfinished = asyncio.run(one_then_look())
    assert isinstance(outcome, OverloadError)
    assert (outcome.code, unfinished) == (503, 1)


def test_a_full_queue_is_a_429_that_says_when_to_come_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(searches=Lane(running=1, waiting=1, seconds=20))
    app = create_app(library, settings)
    go_on = threading.Event()
    nothing = Answer(Query(), [])
    monkeypatch.setattr(library, "find", lambda *_, **__: go_on.wait(20) and nothing)
    client = TestClient(app, base_url=BASE)
    with client, ThreadPoolExecutor(3) as pool:
        held = [pool.submit(client.get, "/api/v1/search?q=cat") for _ in range(2)]
        until = time.monotonic() + 20
        while app.state.serving.search.unfinished < 2 and time.monotonic() < until:
            time.sleep(0.01)
        answer = client.get("/api/v1/search?q=cat")
        still_up = client.get("/api/v1/health").status_code
        go_on.set()
        codes = [one.result(20).status_code for one in held]
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "again" in answer.json()["detail"]
    assert (still_up, codes) == (200, [200, 200])


def test_metrics_tell_stages_queues_caches_and_age(library: Library) -> None:
    served = Library(library.folder, ServingModels())
    client = TestClient(create_app(served), base_url=BASE)
    for query in ("a cat", "a cat", "a dog"):
        client.get("/api/v1/search", params={"q": query})
    client.get("/api/v1/photos/999999")
    told = client.get("/api/v1/metrics").text
    assert 'code="200",method="GET",route="/search"} 3.0' in told
    assert 'code="404",method="GET",route="/photos/{photo_id}"} 1.0' in told
    assert 'wordsight_stage_seconds_count{stage="encode"} 2.0' in told
    assert 'wordsight_stage_seconds_count{stage="search"} 4.0' in told
    assert 'wordsight_query_vectors{cache="hit"} 1.0' in told
    assert 'wordsight_waiting_requests{queue="search"} 0.0' in told
    assert "wordsight_photos 6.0" in told
    assert "wordsight_snapshot_age_seconds" in told
    served.close()
