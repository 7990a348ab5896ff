"""Libraries of photos that a web server lists."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SAMPLES

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.photos.stores import store
from wordsight.photos.stores.source import store_of


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site(photos: Path) -> Iterator[str]:
    """The address of the photos in a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(photos)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    store_of.cache_clear()


def test_photos_are_described_found_and_followed(
    site: str, photos: Path, tmp_path: Path, models: ModelSet
) -> None:
    with Library(tmp_path / "library", models) as library:
        report = library.index([site])
        assert (report.described, report.failed) == (len(SAMPLES), 0)
        hit = library.search("a cat", limit=1)[0]
        assert hit.uris == (f"{site}/chelsea.png",)
        assert library.index().described == 0

        (photos / "more").mkdir()
        shutil.copy(photos / "coffee.png", photos / "more/copy.png")
        (photos / "rocket.jpg").unlink()
        with (photos / "chelsea.png").open("ab") as file:
            file.write(b"changed")
        os.utime(photos / "flower.jpg", (1e9, 1e9))
        report = library.index()
        assert (report.described, report.copies, report.removed) == (1, 2, 1)


def test_a_site_that_is_down_keeps_its_photos(
    site: str, tmp_path: Path, models: ModelSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PAUSE", 0.01)
    with Library(tmp_path / "library", models) as library:
        library.index([site])
        monkeypatch.setattr(_Silent, "do_GET", lambda self: self.send_error(503))
        assert "does not answer" in library.index().unlisted[site]
        assert library.counts()["photos"] == len(SAMPLES)
