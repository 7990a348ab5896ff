"""What pages elsewhere, and large or slow requests, cannot do."""

from __future__ import annotations

import asyncio
import time

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from tests.server.conftest import BASE

from wordsight import Library
from wordsight.server.app import PAGE, create_app
from wordsight.server.bodies import BodyLimit
from wordsight.server.settings import Settings

WRITE = "/api/v1/photos/1/nothing"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8700", 200),
        ("localhost:8700", 200),
        ("[::1]:8700", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("evil.example:8700", 400),
        ("192.168.1.5", 400),
        ("", 400),
    ],
)
def test_only_this_machines_names_are_answered(client: TestClient, host: str, code: int) -> None:
    """A page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding)."""
    assert client.get("/api/v1/health", headers={"Host": host}).status_code == code


@pytest.mark.parametrize(
    ("host", "code"),
    [("192.168.1.5:8700", 200), ("[fe80::1]", 200), ("photos.example", 200), ("evil.example", 400)],
)
def test_a_server_for_others_answers_to_addresses_and_its_names(
    library: Library, host: str, code: int
) -> None:
    settings = Settings(hosts=("photos.example",), addresses=True)
    client = TestClient(create_app(library, settings), base_url=BASE)
    assert client.get("/api/v1/health", headers={"Host": host}).status_code == code


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": BASE}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://127.0.0.1:9999"}, True),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_another_page_changes_nothing(
    client: TestClient, headers: dict[str, str], refused: bool, method: str
) -> None:
    code = client.request(method, WRITE, headers=headers).status_code
    assert (code == 403) == refused


def test_no_other_origin_is_let_in(client: TestClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    for answer in (client.options(WRITE, headers=asked), client.get("/", headers=asked)):
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_has_no_inline_script_or_style() -> None:
    """Which the policy would not run."""
    for page in PAGE.rglob("*.html"):
        text = page.read_text()
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert all("src=" in tag.partition(">")[0] for tag in text.split("<script")[1:]), page


def test_the_policy_allows_nothing_inline_or_from_elsewhere(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    for forbidden in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
        assert forbidden not in policy


def test_a_body_that_says_it_is_too_large_is_not_read(library: Library) -> None:
    client = TestClient(create_app(library, Settings(upload_megabytes=0.001)), base_url=BASE)
    answer = client.post("/api/v1/search", content=b"x" * 1001)
    assert answer.status_code == 413
    assert "megabytes" in answer.json()["detail"]


def received_by(limit: BodyLimit, chunks: list[bytes], pause: float = 0.0) -> int:
    """The status that a body in chunks of no declared length gets."""
    rest, codes = list(chunks), []

    async def receive() -> Message:
        await asyncio.sleep(pause)
        body = rest.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(rest)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            codes.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(limit(scope, receive, send))
    return int(codes[0])


async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def test_a_body_that_says_nothing_is_cut_where_it_becomes_too_large() -> None:
    limit = BodyLimit(reads_all, megabytes=0.001, seconds=5)
    assert received_by(limit, [b"x" * 500] * 2) == 200
    assert received_by(limit, [b"x" * 500] * 3) == 413


def test_a_body_that_drips_is_cut_after_a_while() -> None:
    limit = BodyLimit(reads_all, megabytes=1, seconds=0.2)
    started = time.monotonic()
    assert received_by(limit, [b"x"] * 100, pause=0.05) == 408
    assert time.monotonic() - started < 3
