"""Photos as queries, of the collection and from outside."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from tests.server.conftest import BASE, cat_of, search

from wordsight import Library
from wordsight.errors import QueryError
from wordsight.server.app import create_app
from wordsight.server.fetching import Fetcher
from wordsight.server.settings import Decoding, Settings


@pytest.fixture
def cat(sample_photos: Path) -> bytes:
    """The cat, smaller and turned round."""
    out = io.BytesIO()
    with Image.open(sample_photos / "chelsea.png") as image:
        image.reduce(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(out, "JPEG")
    return out.getvalue()


def post(client: TestClient, photo: bytes, **fields: object) -> list[str]:
    answer = client.post("/api/v1/search", files={"photo": photo}, data=fields)
    assert answer.status_code == 200, answer.text
    return [hit["name"] for hit in answer.json()["results"]]


def test_a_photo_finds_what_is_like_it(client: TestClient, cat: bytes) -> None:
    assert post(client, cat)[0] == "chelsea.png"
    assert len(post(client, cat, limit=2, offset=5)) == 1


def test_words_beside_a_photo_count(client: TestClient, cat: bytes) -> None:
    alone = post(client, cat)
    with_words = post(client, cat, q="a rocket standing on a launch pad at night")
    assert with_words.index("rocket.jpg") < alone.index("rocket.jpg")


def test_similar_photos_are_others(client: TestClient) -> None:
    mine = cat_of(client)["id"]
    answer = client.get(f"/api/v1/photos/{mine}/similar", params={"limit": 3}).json()
    ids = [hit["id"] for hit in answer["results"]]
    assert len(ids) == 3
    assert mine not in ids
    assert answer["more"] is True
    everything = client.get(f"/api/v1/photos/{mine}/similar").json()
    assert len(everything["results"]) == len(search(client, "a cat")) - 1
    scores = [hit["score"] for hit in everything["results"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("photo", [b"hello", b"", b"\xff\xd8\xff" + b"\0" * 50])
def test_what_is_no_photo_is_refused(client: TestClient, photo: bytes) -> None:
    answer = client.post("/api/v1/search", files={"photo": photo})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_photo_of_too_many_pixels_is_refused(library: Library) -> None:
    settings = Settings(decoding=Decoding(megapixels=0.001))
    client = TestClient(create_app(library, settings), base_url=BASE)
    out = io.BytesIO()
    Image.new("RGB", (400, 400)).save(out, "PNG")
    answer = client.post("/api/v1/search", files={"photo": out.getvalue()})
    assert answer.status_code == 422
    assert "megapixels" in answer.json()["detail"]


def test_a_photo_is_asked_for(client: TestClient) -> None:
    assert client.post("/api/v1/search", data={"q": "cat"}).status_code == 422


def test_addresses_are_fetched_only_where_that_is_allowed(
    client: TestClient, library: Library, cat: bytes
) -> None:
    asked = {"url": "http://photos.example/cat.jpg"}
    assert client.post("/api/v1/search", data=asked).status_code == 403

    class Fetched(Fetcher):
        def fetch(self, url: str) -> bytes:
            if url != asked["url"]:
                raise QueryError("not there")
            return cat

    allowing = TestClient(create_app(library, Settings(fetcher=Fetched())), base_url=BASE)
    answer = allowing.post("/api/v1/search", data=asked)
    assert answer.json()["results"][0]["name"] == "chelsea.png"
    real = TestClient(create_app(library, Settings(fetcher=Fetcher())), base_url=BASE)
    for url in ("http://127.0.0.1:80/", "file:///etc/passwd", "http://[::1]/"):
        assert real.post("/api/v1/search", data={"url": url}).status_code == 422, url
