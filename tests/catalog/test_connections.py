"""Connections to a server."""

from __future__ import annotations

from sqlalchemy import text
from tests.postgres import postgresql_made_once

from wordsight.catalog import Catalog

KEEPALIVES = text("SELECT source FROM pg_settings WHERE name LIKE 'tcp_keepalives_%'")


def test_the_server_is_told_to_notice_hosts_that_vanish() -> None:
    """Of each connection; here they are sockets of this machine, which have no such values."""
    catalog = Catalog(postgresql_made_once())
    with catalog.engine.connect() as one, catalog.engine.connect() as other:
        for connection in (one, other):
            assert connection.scalars(KEEPALIVES).all() == ["session"] * 3
    catalog.close()
