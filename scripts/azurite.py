"""A real blob service on this machine: Azurite, on a free port and in a folder of its own."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

AZURITE = Path(__file__).parents[1] / "build/azurite/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "wordsight"
KEY = base64.b64encode(secrets.token_bytes(64)).decode()


def connection_string(port: int) -> str:
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
        f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
    )


@contextmanager
def azurite(folder: Path, port: int = 0) -> Iterator[int]:
    """The port of a server that keeps its blobs in a folder."""
    assert AZURITE.exists(), "run `make build/azurite/.installed` first"
    port = port or free_port()
    server = subprocess.Popen(
        [
            *(_node(), str(AZURITE), "--blobPort", str(port), "--location", str(folder)),
            *("--silent", "--skipApiVersionCheck", "--disableTelemetry"),
        ],
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _node() -> str:
    beside = Path(sys.executable).with_name("node")
    return shutil.which("node") or str(beside)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "Azurite did not start"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Azurite does not answer")
