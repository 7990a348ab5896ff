"""Signing in to PostgreSQL as the function app's managed identity, without any password."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"


@cache
def sign_in_to_postgresql() -> None:
    """Give each new connection that has no password a token, on Azure; it lasts an hour, and is
    asked for at the login only. Elsewhere nothing changes."""
    if "IDENTITY_ENDPOINT" not in os.environ:
        return
    from azure.identity import DefaultAzureCredential
    from sqlalchemy import Engine, event

    credential = DefaultAzureCredential()

    def add_token(dialect: Any, _record: Any, _positional: Any, options: dict[str, Any]) -> None:
        if dialect.name == "postgresql" and not options.get("password"):
            options["password"] = credential.get_token(_SCOPE).token

    event.listen(Engine, "do_connect", add_token)
