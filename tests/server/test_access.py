"""Who may do what."""

from __future__ import annotations

import base64
import hmac
import stat
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.conftest import Run
from tests.server.conftest import BASE

from wordsight import Library
from wordsight.errors import LibraryError
from wordsight.server import keys as keys_module
from wordsight.server.app import create_app
from wordsight.server.keys import Keys
from wordsight.server.settings import Settings


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.json")


@pytest.fixture
def guarded(library: Library, keys: Keys) -> TestClient:
    return TestClient(create_app(library, Settings(keys=keys)), base_url=BASE)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'anna:{secret}'.encode()).decode()}"}


def test_nothing_is_told_without_a_key(guarded: TestClient, keys: Keys) -> None:
    keys.add("anna", "read")
    for path in ("/", "/api/v1/search?q=cat", "/api/v1/photos/1/thumbnail", "/api/v1/metrics"):
        answer = guarded.get(path)
        assert answer.status_code == 401, path
        assert "Basic" in answer.headers["www-authenticate"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert guarded.get("/api/v1/health").status_code == 200


@pytest.mark.parametrize("header", [bearer, basic])
def test_a_key_opens(guarded: TestClient, keys: Keys, header: object) -> None:
    assert callable(header)
    secret = keys.add("anna", "read")
    assert guarded.get("/api/v1/search?q=cat", headers=header(secret)).status_code == 200
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert guarded.get("/api/v1/search?q=cat", headers=header(wrong)).status_code == 401


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic", "Basic !!", "Basic YQ==", "Digest x", "Basic /w=="]
)
def test_what_is_no_key_opens_nothing(guarded: TestClient, keys: Keys, value: str) -> None:
    keys.add("anna", "read")
    answer = guarded.get("/api/v1/stats", headers={"Authorization": value})
    assert answer.status_code == 401


def test_a_key_for_reading_changes_nothing(guarded: TestClient, keys: Keys) -> None:
    reader, writer = keys.add("anna", "read"), keys.add("curator", "write")
    path = "/api/v1/photos/1/anything"
    assert guarded.put(path, headers=bearer(reader)).status_code == 403
    assert guarded.put(path, headers=bearer(writer)).status_code in (404, 405)


def test_a_removed_key_ends_at_once(guarded: TestClient, keys: Keys, tmp_path: Path) -> None:
    secret = keys.add("anna", "read")
    assert guarded.get("/api/v1/stats", headers=bearer(secret)).status_code == 200
    Keys(tmp_path / "keys.json").remove("anna")
    assert guarded.get("/api/v1/stats", headers=bearer(secret)).status_code == 401


def test_keys_are_kept_hashed_and_private(keys: Keys, tmp_path: Path) -> None:
    secret = keys.add("anna", "read")
    path = tmp_path / "keys.json"
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(LibraryError, match="already"):
        keys.add("anna", "write")


def test_keys_are_compared_in_constant_time(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, by a comparison that does not stop at the first difference."""
    secrets = [keys.add(name, "read") for name in ("first", "second", "third")]
    compared = []

    class Watched:
        @staticmethod
        def compare_digest(one: str, other: str) -> bool:
            compared.append(one)
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(keys_module, "hmac", Watched)
    assert [keys.role_of(secret) for secret in (*secrets, "none")] == ["read"] * 3 + [None]
    assert len(compared) == 4 * 3


def test_another_address_demands_a_key(
    wordsight: Run,
) -> None:
    refused = wordsight("serve", "--host", "0.0.0.0", "--port", 0)
    assert refused.returncode == 2
    assert "wordsight keys add" in refused.stderr
    made = wordsight("keys", "add", "anna", "--role", "write")
    assert len(made.stdout.strip()) >= 40
    assert "anna  write" in wordsight("keys", "list").stdout
    nearer = wordsight("serve", "--host", "0.0.0.0", "--port", 0)
    assert "there is no library" in nearer.stderr
    assert wordsight("keys", "remove", "anna").returncode == 0
    assert "no key" in wordsight("keys", "remove", "anna").stderr
