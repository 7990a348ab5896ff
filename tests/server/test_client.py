"""The client against the real server."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PIL import Image
from tests.server.test_running import serving

from wordsight.client import Client
from wordsight.errors import ServerError


@pytest.fixture(scope="module")
def client(sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = shutil.copytree(sample_library, tmp_path_factory.mktemp("client") / "library")
    with serving(folder) as (_, port), Client(f"http://127.0.0.1:{port}/") as client:
        yield client


def test_everything_that_the_server_tells_has_its_type(client: Client, sample_photos: Path) -> None:
    answer = client.search("a cat", limit=2, offset=1)
    assert (len(answer.results), answer.more) == (2, True)
    cat = next(hit for hit in client.search("a cat").results if hit.name == "chelsea.png")
    assert client.photo(cat.id).caption == cat.caption
    assert len(client.attention(cat.id).words) == len(cat.caption.split())
    assert client.image(cat) == (sample_photos / "chelsea.png").read_bytes()
    with Image.open(io.BytesIO(client.thumbnail(cat))) as small:
        assert max(small.size) <= 480
    assert cat.id not in [hit.id for hit in client.similar(cat.id).results]
    photo = (sample_photos / "chelsea.png").read_bytes()
    assert client.search_like(photo, limit=1).results[0].id == cat.id
    group = client.clusters().groups[0]
    cell = client.cluster(group.id, cell=group.cells[0].id)
    assert cell.size == group.cells[0].size
    assert client.stats().photos == 6
    assert client.health().status == "ok"
    assert client.ready().status == "ready"


def test_captions_are_put_right_and_taken_back(client: Client) -> None:
    photo = client.search("a cat").results[0]
    assert client.correct(photo.id, "Biscuit asleep").corrected
    assert client.search("biscuit").results[0].id == photo.id
    assert client.take_back(photo.id).caption == photo.caption


def test_refusals_are_errors_with_the_reason(client: Client) -> None:
    with pytest.raises(ServerError, match="no such photo") as refused:
        client.photo(999_999)
    assert refused.value.status == 404
    with pytest.raises(ServerError, match="empty"):
        client.search("")
    with pytest.raises(ServerError, match="less than or equal"):
        client.search("cat", limit=5000)


def test_a_server_that_is_not_there_is_an_error() -> None:
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(ServerError, match="answer"):
        nobody.health()


def test_a_busy_server_is_asked_again() -> None:
    asked = []

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(429 if len(asked) < 3 else 200)
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(b'{"status": "ok"}')

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Client(f"http://127.0.0.1:{server.server_address[1]}") as client:
        assert client.health().status == "ok"
    assert len(asked) == 3
    server.shutdown()
