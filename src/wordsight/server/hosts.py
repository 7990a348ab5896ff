"""By which names the server may be called.

A page elsewhere may point a name of its own at this machine (DNS rebinding), and would then be of
the same origin as the server. So names have to be told beforehand; addresses cannot be rebound.
"""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HostCheck:
    """Refuses requests for other hosts.

    Args:
        names: besides the loopback ones.
        addresses: whether any address will do, as where the server can be reached by several.
    """

    def __init__(self, app: ASGIApp, names: tuple[str, ...] = (), addresses: bool = False) -> None:
        self._app = app
        self._names = LOOPBACK | {name.lower() for name in names}
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).get("host", "")):
            refusal = JSONResponse(
                {"detail": "this server is not called so; name it with --allow-host"}, 400
            )
            return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name = without_port(host).lower()
        return name in self._names or (self._addresses and _is_address(name))


def without_port(host: str) -> str:
    """`[::1]:8700` is `::1`, `localhost:8700` is `localhost`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
