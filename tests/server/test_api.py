"""The HTTP API over a real library."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from tests.server.conftest import search

from wordsight import Library
from wordsight.server.app import create_app


def test_search_gives_what_a_page_needs(client: TestClient) -> None:
    cat = search(client, "a cat", limit=3)[0]
    assert cat["name"] == "chelsea.png"
    assert (cat["width"], cat["height"], cat["copies"]) == (451, 300, 1)
    assert 0 < cat["score"] < 1


def test_no_path_of_this_machine_leaves_the_server(client: TestClient, sample_photos: Path) -> None:
    answer = client.get("/api/v1/search", params={"q": "a cat"})
    assert str(sample_photos) not in answer.text


def test_thumbnails_are_small_and_made_once(client: TestClient, library: Library) -> None:
    path = str(search(client, "a cat")[0]["thumbnail"])
    first = client.get(path)
    assert first.headers["content-type"] == "image/jpeg"
    assert "max-age" in first.headers["cache-control"]
    with Image.open(io.BytesIO(first.content)) as image:
        assert max(image.size) <= 480
    kept = list((library.folder / "thumbnails").rglob("*.jpg"))
    assert len(kept) == 1
    assert client.get(path).content == first.content == kept[0].read_bytes()


def test_images_are_the_photos_themselves(client: TestClient, sample_photos: Path) -> None:
    cat = client.get(str(search(client, "a cat")[0]["image"]))
    assert cat.headers["content-type"] == "image/png"
    assert cat.content == (sample_photos / "chelsea.png").read_bytes()


def test_a_format_that_browsers_do_not_show_is_converted(
    client: TestClient, library: Library, sample_photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    with Image.open(sample_photos / "coffee.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "more" / "cup.tif")
    library.index([tmp_path / "more"])
    names = {hit["name"]: hit for hit in search(client, "a cup of coffee")}
    answer = client.get(str(names["cup.tif"]["image"]))
    assert answer.headers["content-type"] == "image/jpeg"


def test_photos_indexed_while_serving_are_found_at_once(
    client: TestClient, library: Library, sample_photos: Path, tmp_path: Path
) -> None:
    before = len(search(client, "a cat"))
    (tmp_path / "more").mkdir()
    with Image.open(sample_photos / "chelsea.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "more" / "other-cat.png")
    library.index([tmp_path / "more"])
    after = search(client, "a cat")
    assert len(after) == before + 1
    assert "other-cat.png" in {after[0]["name"], after[1]["name"]}


def test_stats_and_health(client: TestClient) -> None:
    assert client.get("/api/v1/stats").json()["photos"] == 6
    assert client.get("/api/v1/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/search", 422),
        ("/api/v1/search?q=", 422),
        ("/api/v1/search?q=cat&limit=0", 422),
        ("/api/v1/search?q=cat&limit=many", 422),
        ("/api/v1/search?q=cat&by=smell", 422),
        ("/api/v1/search?q=" + "x" * 10_001, 422),
        ("/api/v1/photos/999999/thumbnail", 404),
        ("/api/v1/photos/999999/image", 404),
        ("/api/v1/photos/99999999999999999999/image", 422),
        ("/api/v1/photos/cat/image", 422),
        ("/../../etc/passwd", 404),
        ("/%2e%2e/%2e%2e/app.py", 404),
    ],
)
def test_bad_requests_are_explained(client: TestClient, path: str, code: int) -> None:
    answer = client.get(path)
    assert answer.status_code == code
    assert answer.json()["detail"]


def test_a_photo_that_vanished_is_explained(library: Library, photos: Path) -> None:
    library.index([photos])
    client = TestClient(create_app(library), base_url="http://127.0.0.1")
    image = next(hit["image"] for hit in search(client, "a cat") if hit["copies"] == 2)
    shutil.rmtree(photos)
    assert client.get(str(image)).status_code == 200  # from its other place
    originals = Path(library.photo(int(str(image).split("/")[4])).uris[0].removeprefix("file://"))
    aside = originals.rename(originals.with_suffix(".aside"))
    try:
        answer = client.get(str(image))
        assert answer.status_code == 404
        assert "vanished" in answer.json()["detail"]
    finally:
        aside.rename(originals)


def test_another_host_name_is_refused(library: Library) -> None:
    """A page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding)."""
    client = TestClient(create_app(library), base_url="http://evil.example")
    assert client.get("/api/v1/search", params={"q": "a cat"}).status_code == 400


def test_every_answer_carries_the_safety_headers(client: TestClient) -> None:
    for path in ("/", "/js/main.js", "/api/v1/stats", "/api/v1/photos/1/thumbnail", "/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
