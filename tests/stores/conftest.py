"""Containers in Azurite, each a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient
from scripts.azurite import azurite, connection_string

from wordsight.photos.stores import store


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with azurite(tmp_path_factory.mktemp("azurite")) as port:
        yield port


@pytest.fixture
def container(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[ContainerClient]:
    """An empty container, which the environment gives access to."""
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection_string(port))
    monkeypatch.setattr(store, "_PAUSE", 0.01)
    name = f"photos-{uuid4().hex[:12]}"
    with ContainerClient.from_connection_string(connection_string(port), name) as container:
        container.create_container()
        yield container


@pytest.fixture
def holiday(container: ContainerClient, sample_photos: Path) -> str:
    """The URI of a prefix with the sample photos, and one photo beside it."""
    for path in sample_photos.iterdir():
        container.upload_blob(f"holiday/{path.name}", path.read_bytes())
    container.upload_blob("holiday2/other.jpg", b"of another prefix")
    return f"az://{container.container_name}/holiday"
