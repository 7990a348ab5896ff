"""Fetching a photo from an address that a client gave, without being led astray (SSRF).

Only http and https, only to public addresses: every address that a name resolves to is checked,
and the connection goes to the very address that was. Redirects are followed a few times, and
checked anew. Bytes and time are limited.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from wordsight.errors import QueryError

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65536
_ASKS = {"Accept": "image/*", "User-Agent": "wordsight"}


def is_public(address: str) -> bool:
    """Whether an address is one of the internet at large, also inside of another kind."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # IPv4 behind a translator
            embedded.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(inner is not None and not inner.is_global for inner in embedded):
            return False
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True)
class Fetcher:
    """Fetches pictures.

    `allowed` and `ports` are what tests change, whose server is on this machine.
    """

    megabytes: float = 32.0
    seconds: float = 10.0
    allowed: Callable[[str], bool] = is_public
    ports: frozenset[int] = frozenset(_PORTS.values())

    def fetch(self, url: str) -> bytes:
        """What lies at a URL.

        Raises:
            QueryError: it may not be asked for, does not answer, or gives too much.
        """
        until = time.monotonic() + self.seconds
        try:
            for _ in range(_REDIRECTS + 1):
                answer = self._ask(urlsplit(url), until)
                if isinstance(answer, bytes):
                    return answer
                url = urljoin(url, answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise QueryError(f"cannot fetch that address: {_short(error)}") from error
        raise QueryError("that address leads on too many times")

    def _ask(self, url: SplitResult, until: float) -> bytes | str:
        """The content, or where it is instead."""
        connection, raw = self._connect(url, until)
        ends = threading.Timer(_left(until), _shut, [raw])  # however slowly bytes drip in
        ends.start()
        try:
            if url.scheme == "https":
                context = ssl.create_default_context()
                connection.sock = context.wrap_socket(raw, server_hostname=url.hostname)
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("GET", path, headers=_ASKS)
            response = connection.getresponse()
            if response.status in _MOVED:
                return response.getheader("Location", "")
            if response.status != http.client.OK:
                raise QueryError(f"that address answers {response.status}")
            return self._read(response, until)
        finally:
            ends.cancel()
            connection.close()

    def _connect(
        self, url: SplitResult, until: float
    ) -> tuple[http.client.HTTPConnection, socket.socket]:
        if url.scheme not in _PORTS or not url.hostname:
            raise QueryError("only http and https addresses can be fetched")
        port = url.port or _PORTS[url.scheme]
        if port not in self.ports:
            raise QueryError(f"nothing is fetched from port {port}")
        address = self._resolve(url.hostname, port)
        connection = http.client.HTTPConnection(url.hostname, port)
        raw = socket.create_connection((address, port), _left(until))
        connection.sock = raw
        return connection, raw

    def _resolve(self, name: str, port: int) -> str:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = [str(row[4][0]) for row in found]
        if not addresses or not all(map(self.allowed, addresses)):
            raise QueryError("that address is not a public one")
        return addresses[0]

    def _read(self, response: http.client.HTTPResponse, until: float) -> bytes:
        most = int(self.megabytes * 1e6)
        data = bytearray()
        while part := response.read1(_CHUNK):
            data += part
            if len(data) > most:
                raise QueryError(f"there is more than {self.megabytes:g} megabytes at that address")
        _left(until)  # what was cut off by the clock is not whole
        return bytes(data)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise QueryError("that address takes too long to answer")
    return left


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
