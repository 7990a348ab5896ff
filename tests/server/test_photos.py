"""One photo through the API: what is told of it, and what the model saw in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from tests.server.conftest import BASE, cat_of, search

from wordsight import Library
from wordsight.server.app import create_app
from wordsight.server.settings import Settings


@pytest.fixture
def placed(library: Library, tmp_path: Path) -> Library:
    """A library with a photo more that tells where and with what it was taken."""
    folder = tmp_path / "trips" / "north & south"
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Acme One"
    exif.get_ifd(0x8769)[0x9003] = "2024:02:03 10:15:00"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (60.0, 30.0, 0.0), 3: "E", 4: (24.0, 0.0, 0.0)},
    )
    Image.new("RGB", (320, 200), "teal").save(folder / "lake.jpg", exif=exif)
    library.index([tmp_path / "trips"])
    return library


def lake(client: TestClient) -> str:
    hit = next(hit for hit in search(client, "a lake") if hit["name"] == "lake.jpg")
    return f"/api/v1/photos/{hit['id']}"


def test_a_photo_tells_its_metadata_and_its_folder(placed: Library) -> None:
    client = TestClient(create_app(placed), base_url=BASE)
    photo = client.get(lake(client)).json()
    assert photo["folder"] == "trips/north & south"
    assert photo["camera"] == "Acme One"
    assert photo["taken_at"] == "2024-02-03T10:15:00"
    assert (photo["width"], photo["height"]) == (320, 200)


def test_where_it_was_taken_is_told_only_if_asked_for_and_allowed(placed: Library) -> None:
    client = TestClient(create_app(placed), base_url=BASE)
    assert client.get(lake(client)).json()["place"] is None
    assert client.get(f"{lake(client)}?place=true").status_code == 403
    open_client = TestClient(create_app(placed, Settings(places=True)), base_url=BASE)
    assert open_client.get(lake(client)).json()["place"] is None
    place = open_client.get(f"{lake(client)}?place=true").json()["place"]
    assert place == {"latitude": 60.5, "longitude": 24.0}


def test_no_answer_tells_a_place_or_a_path_unasked(placed: Library, tmp_path: Path) -> None:
    client = TestClient(create_app(placed), base_url=BASE)
    for path in (lake(client), "/api/v1/search?q=lake", "/api/v1/clusters", "/api/v1/stats"):
        text = client.get(path).text
        assert "60.5" not in text, path
        assert str(tmp_path) not in text, path


def test_each_word_of_the_caption_has_a_map_of_shares(client: TestClient) -> None:
    cat = cat_of(client)
    answer = client.get(f"/api/v1/photos/{cat['id']}/attention").json()
    assert " ".join(answer["words"]) == cat["caption"]
    assert len(answer["attention"]) == len(answer["words"]) > 3
    for word in answer["attention"]:
        assert [len(row) for row in word] == [7] * 7
        assert sum(map(sum, word)) == pytest.approx(1, abs=1e-3)


def test_attention_is_computed_once(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/photos/{cat_of(client)['id']}/attention"
    first = client.get(path)
    monkeypatch.setattr(library, "attention", lambda _: pytest.fail("computed again"))
    assert client.get(path).json() == first.json()


def test_thumbnails_that_the_client_has_are_not_sent_again(
    client: TestClient, library: Library
) -> None:
    path = str(cat_of(client)["thumbnail"])
    tag = client.get(path).headers["etag"]
    shutil.rmtree(library.folder / "thumbnails")
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_photo_and_its_thumbnail_have_different_tags(client: TestClient) -> None:
    cat = cat_of(client)
    tags = {client.get(str(cat[kind])).headers["etag"] for kind in ("image", "thumbnail")}
    assert len(tags) == 2


@pytest.mark.parametrize("part", ["", "/attention", "/thumbnail", "/image"])
def test_a_photo_that_there_is_not_is_missing(client: TestClient, part: str) -> None:
    answer = client.get(f"/api/v1/photos/999999{part}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no such photo any more"


def test_near_duplicates_are_one_result_and_told_of(library: Library, photos: Path) -> None:
    with Image.open(photos / "chelsea.png") as cat:
        cat.reduce(2).save(photos / "small.jpg")
    library.index([photos])
    client = TestClient(create_app(library), base_url=BASE)
    (stands,) = [hit for hit in search(client, "a cat") if hit["in_series"]]
    assert stands["alike"] == 1
    told = client.get(f"/api/v1/photos/{stands['id']}/alike").json()["results"]
    assert {stands["name"], *(one["name"] for one in told)} == {"chelsea.png", "small.jpg"}
    each = client.get("/api/v1/search", params={"q": "a cat", "collapse": False}).json()["results"]
    assert sum(hit["in_series"] for hit in each) == 2
    other = next(hit["id"] for hit in each if not hit["in_series"])
    assert client.get(f"/api/v1/photos/{other}/alike").json()["results"] == []
    assert client.get("/api/v1/photos/999999/alike").status_code == 404
