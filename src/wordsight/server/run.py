"""Running the server."""

from __future__ import annotations

import errno
import gc
import ipaddress
import socket
from collections.abc import Callable

import uvicorn

from wordsight.errors import LibraryError
from wordsight.library import Library
from wordsight.server.app import create_app
from wordsight.server.settings import Settings

_SHUTDOWN_SECONDS = 15
_BACKLOG = 512


def is_own(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run(
    library: Library, host: str, port: int, settings: Settings, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C or SIGTERM; requests that have begun are answered first. `ready` is told
    the address once requests can come in.

    Raises:
        LibraryError: nothing can listen there.
    """
    listener = _listen(host, port)
    own = f"[{host}]" if ":" in host else host
    address = f"http://{own}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(
        create_app(library, settings),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    library.search("a photo", limit=1)  # loads the encoder before the first visitor waits
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it all held everybody up by 50 ms
    ready(address)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror as error:
        raise LibraryError(f"{host} is no address of this machine") from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise LibraryError(
                f"port {port} is in use; choose another with --port, or --port 0 for any free one"
            ) from None
        raise LibraryError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return listener
