"""Fetching from addresses that clients give, against a server on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from wordsight.errors import QueryError
from wordsight.server import fetching
from wordsight.server.fetching import Fetcher, is_public


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        getattr(self, self.path.strip("/").partition("/")[0])()

    def photo(self) -> None:
        self._give(b"a photo")

    def large(self) -> None:
        self._give(b"x" * 3_000_000)

    def missing(self) -> None:
        self.send_error(404)

    def moved(self) -> None:
        self._move("/photo")

    def inside(self) -> None:
        self._move(f"http://127.0.0.2:{self.server.server_address[1]}/photo")

    def local(self) -> None:
        self._move("file:///etc/passwd")

    def round(self) -> None:
        self._move("/round")

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def _give(self, data: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(data)

    def _move(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def fetcher(server: ThreadingHTTPServer, **limits: float) -> Fetcher:
    """One that takes 127.0.0.1 for a public address, and no other."""
    port = server.server_address[1]
    return Fetcher(
        **{"megabytes": 1.0, "seconds": 10.0, **limits},
        allowed=lambda address: address == "127.0.0.1",
        ports=frozenset({port}),
    )


def at(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{path}"


@pytest.mark.parametrize("path", ["photo", "moved"])
def test_what_lies_there_is_fetched(server: ThreadingHTTPServer, path: str) -> None:
    assert fetcher(server).fetch(at(server, path)) == b"a photo"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("inside", "not a public"),
        ("local", "only http"),
        ("round", "too many times"),
        ("large", "more than 1 megabytes"),
        ("missing", "404"),
    ],
)
def test_what_may_not_be_fetched_is_not(server: ThreadingHTTPServer, path: str, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        fetcher(server).fetch(at(server, path))


def test_bytes_that_drip_are_not_waited_for(server: ThreadingHTTPServer) -> None:
    started = time.monotonic()
    with pytest.raises(QueryError):
        fetcher(server, seconds=0.5).fetch(at(server, "drip"))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "gopher://x",
        "//x",
        "",
        "http://",
        "http://[::1",
    ],
)
def test_only_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(QueryError):
        Fetcher().fetch(url)


def test_only_the_usual_ports_are_tried(server: ThreadingHTTPServer) -> None:
    with pytest.raises(QueryError, match="port"):
        Fetcher(allowed=lambda _: True).fetch(at(server, "photo"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


def test_one_address_of_several_that_is_not_public_is_enough(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolves(_name: str, port: int, **_: object) -> list[object]:
        return [(0, 0, 0, "", (address, port)) for address in ("127.0.0.1", "10.0.0.1")]

    monkeypatch.setattr(fetching.socket, "getaddrinfo", resolves)
    with pytest.raises(QueryError, match="not a public"):
        fetcher(server).fetch(at(server, "photo").replace("127.0.0.1", "photos.example"))


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name may resolve to another one the next time (DNS rebinding)."""
    answers = ["127.0.0.1", "127.0.0.2"]
    resolve, connect = socket.getaddrinfo, socket.create_connection
    asked = []

    def resolves(name: str, port: int, *rest: object, **how: object) -> object:
        if name == "photos.example":
            return [(0, 0, 0, "", (answers.pop(0), port))]
        return resolve(name, port, *rest, **how)  # type: ignore[arg-type]

    def connects(address: tuple[str, int], *rest: object) -> socket.socket:
        asked.append(address[0])
        return connect(address, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching.socket, "create_connection", connects)
    monkeypatch.setattr(fetching.socket, "getaddrinfo", resolves)
    url = at(server, "photo").replace("127.0.0.1", "photos.example")
    assert fetcher(server).fetch(url) == b"a photo"
    assert asked == ["127.0.0.1"]
