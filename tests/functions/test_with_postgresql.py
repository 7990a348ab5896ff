"""The function app with a catalog in PostgreSQL: describing by the clock, and signing in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.functions.conftest import Start, search_path
from tests.postgres import postgresql_made_once
from wordsight_azure import identity

from wordsight.errors import LibraryError
from wordsight.models.packaged import WEIGHTS


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """Models alone: the library is yet to be made."""
    folder = tmp_path / "share"
    shutil.copytree(WEIGHTS, folder / "models")
    return folder


def test_new_photos_are_described_and_found(
    start: Start, key: str, sample_photos: Path, tmp_path: Path
) -> None:
    store = tmp_path / "photos"
    store.mkdir()
    shutil.copy(sample_photos / "chelsea.png", store)
    functions = start(
        WORDSIGHT_CATALOG=postgresql_made_once(),
        WORDSIGHT_SOURCES=str(store),
        WORDSIGHT_SCHEDULE="0 */5 * * * *",
    )
    assert functions.http("/api/v1/health").status_code == 200  # before there is any photo
    functions.run("describe")
    found = functions.http(search_path("a cat"), key=key).get_body()
    assert b"chelsea.png" in found
    shutil.copy(sample_photos / "rocket.jpg", store)
    functions.run("describe")
    found = functions.http(search_path("a rocket"), key=key).get_body()
    assert found.index(b"rocket.jpg") < found.index(b"chelsea.png")
    corrected = functions.http(
        "/api/v1/photos/1/caption",
        "PUT",
        key,
        b'{"caption": "Biscuit"}',
        **{"content-type": "application/json"},
    )
    assert corrected.status_code == 200


def test_describing_needs_a_shared_catalog(start: Start) -> None:
    functions = start(WORDSIGHT_SCHEDULE="0 */5 * * * *")
    with pytest.raises(LibraryError, match="WORDSIGHT_CATALOG"):
        functions.run("describe")


def test_new_connections_get_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Azure, unless the URL has a password."""
    from azure import identity as azure_identity

    class Credential:
        def get_token(self, scope: str) -> object:
            return type("Token", (), {"token": f"token for {scope}"})

    listening: list[object] = []
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://localhost")
    monkeypatch.setattr(azure_identity, "DefaultAzureCredential", Credential)
    monkeypatch.setattr(
        event, "listen", lambda _engine, _name, listener: listening.append(listener)
    )
    identity.sign_in_to_postgresql.__wrapped__()
    options: dict[str, object] = {"host": "db"}
    dialect = type("Dialect", (), {"name": "postgresql"})
    listening[0](dialect, None, None, options)  # type: ignore[operator]
    assert options["password"] == "token for https://ossrdbms-aad.database.windows.net/.default"
    given: dict[str, object] = {"password": "told"}
    listening[0](dialect, None, None, given)  # type: ignore[operator]
    assert given == {"password": "told"}
