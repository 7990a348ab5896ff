"""A server on this machine that serves files as Amazon's does, and fails as it is told to."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Fault:
    """What goes wrong with one answer: its status, or what happens to its body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    flip: bool = False
    whole: bool = False  # though a range was asked for


@dataclass
class Web:
    """Files by their URLs without `http://` and `https://`; faults are used up one by one."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    asked: list[tuple[str, str]] = field(default_factory=list)
    tells_md5: bool = True
    busiest: int = 0
    busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ranges_of(self, path: str) -> list[str]:
        """What was asked of a file: the `Range` of each request, in order."""
        return [told for asked, told in self.asked if asked == path]


@contextmanager
def web_server() -> Iterator[Web]:
    web = Web()

    class Handler(_Handler):
        served = web

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Web

    def version_string(self) -> str:
        return "AmazonS3"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        web = self.served
        with web.lock:
            web.busy += 1
            web.busiest = max(web.busiest, web.busy)
            path = self.path.lstrip("/")
            web.asked.append((path, self.headers.get("Range", "")))
            fault = web.faults[path].pop(0) if web.faults[path] else Fault()
        try:
            self._answer(path, fault)
        finally:
            with web.lock:
                web.busy -= 1

    def _answer(self, path: str, fault: Fault) -> None:
        data = self.served.files.get(path)
        if fault.status or data is None:
            self._send(fault.status or 404, b"<Error/>", fault.headers, fault)
            return
        headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"'} if self.served.tells_md5 else {}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or fault.whole:
            self._send(200, data, headers, fault)
        elif int(asked[1]) >= len(data):
            self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"}, fault)
        else:
            told = f"bytes {asked[1]}-{len(data) - 1}/{len(data)}"
            self._send(206, data[int(asked[1]) :], {**headers, "Content-Range": told}, fault)

    def _send(self, status: int, body: bytes, headers: dict[str, str], fault: Fault) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.flip:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.wfile.write(body if fault.cut_after is None else body[: fault.cut_after])
        if fault.cut_after is not None:
            self.close_connection = True
