"""Running the server on this machine."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn

from wordsight.errors import LibraryError
from wordsight.library import Library
from wordsight.server.app import create_app

HOST = "127.0.0.1"


def run(library: Library, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. `ready` is told the address once requests can come in.

    Raises:
        LibraryError: the port is taken.
    """
    listener = _listen(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(create_app(library), log_level="warning", access_log=False)
    library.search("a photo", limit=1)  # loads the encoder before the first visitor waits
    ready(address)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise LibraryError(
                f"port {port} is in use; choose another with --port, or --port 0 for any free one"
            ) from None
        raise LibraryError(f"cannot listen on port {port}: {error.strerror}") from error
    return listener
