"""The real command: shutting down, and snapshots replaced under load."""

from __future__ import annotations

import http.client
import json
import re
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.conftest import command

from wordsight import Library
from wordsight.models.packaged import ModelSet


@contextmanager
def serving(folder: Path, *options: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    arguments = command("--library", folder, "serve", "--port", 0, *options)
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found
        yield server, int(found.group(1))
    finally:
        server.kill()
        server.wait()


def get(port: int, path: str, connection: http.client.HTTPConnection | None = None) -> int:
    asked = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", path)
    answer = asked.getresponse()
    answer.read()
    return answer.status


def test_requests_that_have_begun_are_answered_before_it_ends(sample_library: Path) -> None:
    with serving(sample_library) as (server, port):
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for i, one in enumerate(sockets):
            query = quote(f"a cat number {i} " + "on a mat " * 40)
            one.sendall(
                f"GET /api/v1/search?q={query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            )
        select.select(sockets, [], [], 20)  # the first answer has come: all have begun
        server.send_signal(signal.SIGTERM)
        heads = [one.recv(65536)[:15] for one in sockets]
        assert server.wait(20) in (0, -signal.SIGTERM)
    assert heads == [b"HTTP/1.1 200 OK"] * 20


def test_nothing_listens_where_others_could_reach_it(sample_library: Path) -> None:
    with serving(sample_library) as (_, port):
        other = socket.socket()
        other.settimeout(2)
        with pytest.raises(OSError, match=r".*"):
            other.connect(("127.0.0.2", port))


def test_snapshots_are_replaced_without_a_failed_request(
    sample_library: Path, models: ModelSet, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sample_library, tmp_path / "library"))
    codes: list[int] = []
    over = threading.Event()

    def ask(port: int, who: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        asked = 0
        while not over.is_set():
            asked += 1
            query = quote(f"cat {who} {asked}")
            codes.append(get(port, f"/api/v1/search?q={query}", connection))

    with serving(folder) as (_, port), Library(folder, models) as library:
        names = {snapshot_of(port)}
        clients = [threading.Thread(target=ask, args=(port, who)) for who in range(3)]
        for client in clients:
            client.start()
        for seed in range(3):
            library.clusterings().fit(seed=seed)
            names.add(snapshot_of(port))
            wait_for(codes, len(codes) + 10)  # were answered from this snapshot
        over.set()
        for client in clients:
            client.join()
    assert len(names) == 4
    assert set(codes) == {200}


def wait_for(codes: list[int], answers: int) -> None:
    for _ in range(3000):
        if len(codes) >= answers:
            return
        time.sleep(0.02)
    raise AssertionError(f"{len(codes)} answers in a minute, {answers} were awaited")


def snapshot_of(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/api/v1/stats")
    return str(json.loads(connection.getresponse().read())["snapshot"]["name"])
