"""What a server that runs long does with memory."""

from __future__ import annotations

import threading

import pytest
from fastapi.testclient import TestClient

from wordsight.server import app


def test_what_was_freed_is_given_back_while_it_runs(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = threading.Event()
    monkeypatch.setattr(app, "_GIVEN_BACK_SECONDS", 0.01)
    monkeypatch.setattr(app, "give_back", given_back.set)
    with client:
        assert given_back.wait(10)
    given_back.clear()
    assert not given_back.wait(0.2)
