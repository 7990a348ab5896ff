"""A proxy before a blob service that fails as it is told to."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Fault:
    """A status instead of the answer, seconds of silence, or an answer that breaks off."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    silence: float = 0.0
    cut: bool = False


Plan = Callable[[str, int], Fault | None]
"""What befalls a request: by its path with the query, and how often it was asked before."""


@dataclass
class Proxy:
    """`asked` counts requests by path and query; `plan` may be changed at any moment."""

    port: int
    behind: int
    plan: Plan = field(default=lambda *_: None)
    asked: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def proxy_before(port: int) -> Iterator[Proxy]:
    """Of a service on a port of this machine."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.proxy = proxy = Proxy(server.server_port, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        proxy = self.proxy
        with proxy.lock:
            before = proxy.asked[self.path]
            proxy.asked[self.path] += 1
            proxy.busy += 1
            proxy.busiest = max(proxy.busiest, proxy.busy)
        try:
            self._answer(proxy.plan(self.path, before) or Fault())
        finally:
            with proxy.lock:
                proxy.busy -= 1

    def _answer(self, fault: Fault) -> None:
        time.sleep(fault.silence)
        if fault.silence:
            self.close_connection = True
        elif fault.status:
            self._send(fault.status, [*fault.headers], b"<Error/>")
        else:
            self._send(*self._forwarded(), cut=fault.cut)

    def _forwarded(self) -> tuple[int, list[tuple[str, str]], bytes]:
        behind = http.client.HTTPConnection("127.0.0.1", self.proxy.behind)
        behind.request(self.command, self.path, headers=dict(self.headers))
        response = behind.getresponse()
        body = response.read()
        behind.close()
        passed = ("transfer-encoding", "connection", "content-length", "keep-alive")
        headers = [row for row in response.getheaders() if row[0].lower() not in passed]
        return response.status, headers, body

    def _send(
        self, status: int, headers: list[tuple[str, str]], body: bytes, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut
