"""The function app over a share, called as the Functions host calls it, without its worker."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import urlencode

import azure.functions as func
import pytest
from fastapi.testclient import TestClient

from wordsight import Library
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.server.app import create_app
from wordsight.server.keys import Keys
from wordsight.server.settings import Settings

HOST = "photos.azurewebsites.net"


class Functions:
    """The functions of `function_app.py`, which is loaded anew, as on a new instance."""

    def __init__(self) -> None:
        sys.modules.pop("function_app", None)
        self.module: ModuleType = importlib.import_module("function_app")
        self.by_name = {one.get_function_name(): one for one in self.module.app.get_functions()}
        self._loop = asyncio.Runner()  # the worker has one loop for all calls

    def http(
        self,
        path: str,
        method: str = "GET",
        key: str | None = None,
        body: bytes = b"",
        **headers: str,
    ) -> func.HttpResponse:
        told = {"host": HOST, **({"authorization": f"Bearer {key}"} if key else {}), **headers}
        request = func.HttpRequest(
            method=method, url=f"https://{HOST}{path}", headers=told, body=body
        )
        call = self.by_name["http_app_func"].get_user_function()
        answer = self._loop.run(call(request, SimpleNamespace()))
        assert isinstance(answer, func.HttpResponse)
        return answer

    def run(self, name: str) -> None:
        self.by_name[name].get_user_function()(SimpleNamespace())

    def close(self) -> None:
        self.module.app.startup_task_done = False  # at its end it starts a loop in any other
        self._loop.close()


Start = Callable[..., Functions]


@pytest.fixture
def share(sample_library: Path, tmp_path: Path) -> Path:
    """A share with a library of the sample photos, its catalog in SQLite, and the models."""
    folder = tmp_path / "share"
    shutil.copytree(sample_library, folder)
    shutil.copytree(WEIGHTS, folder / "models")
    return folder


@pytest.fixture
def key(share: Path) -> str:
    return Keys(share / "keys.json").add("anna", "write")


@pytest.fixture
def start(share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start an instance of the app; settings may be added."""
    started: list[Functions] = []

    def new(**settings: str) -> Functions:
        told = {
            "WORDSIGHT_SHARE": str(share),
            "WORDSIGHT_LOCAL": str(tmp_path / "local"),
            "WEBSITE_HOSTNAME": HOST,
            **settings,
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        started.append(Functions())
        return started[-1]

    yield new
    for one in started:
        one.close()


@pytest.fixture
def plain(share: Path, models: ModelSet) -> Iterator[TestClient]:
    """The plain server over the same library, with the same keys."""
    settings = Settings(keys=Keys(share / "keys.json"), hosts=(HOST,))
    with Library(share, models) as library:
        yield TestClient(create_app(library, settings), base_url=f"https://{HOST}")


def search_path(query: str, limit: int = 5) -> str:
    return f"/api/v1/search?{urlencode({'q': query, 'limit': limit})}"
