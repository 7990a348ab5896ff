"""Captions put right through the API, and what becomes of them in the library."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.server.conftest import BASE, cat_of, search

from wordsight import Library
from wordsight.catalog.dialects import writing
from wordsight.models.packaged import ModelSet
from wordsight.server.app import create_app

SAID = "our ginger tomcat Biscuit"


def correct(client: TestClient, photo: object, caption: str = SAID) -> dict[str, object]:
    answer = client.put(f"/api/v1/photos/{photo}/caption", json={"caption": caption})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def test_a_correction_is_shown_and_found_by_at_once(client: TestClient) -> None:
    cat = cat_of(client)
    assert cat["corrected"] is False
    told = correct(client, cat["id"], f"  {SAID}\n")
    assert (told["caption"], told["corrected"]) == (SAID, True)
    found = search(client, "Biscuit")[0]
    assert (found["id"], found["caption"]) == (cat["id"], SAID)
    assert search(client, '"ginger tomcat"')[0]["id"] == cat["id"]
    taken = client.delete(f"/api/v1/photos/{cat['id']}/caption").json()
    assert (taken["caption"], taken["corrected"]) == (cat["caption"], False)
    assert search(client, '"ginger tomcat"') == []
    assert search(client, "a cat")[0]["score"] == pytest.approx(cat["score"], abs=2e-3)


def test_it_weighs_more_than_what_the_model_says(client: TestClient) -> None:
    """A sentence that shares no word with it finds it by its vector."""
    photo = search(client, "a rocket")[0]
    before = {hit["id"]: hit["score"] for hit in search(client, "two musicians on stage")}
    correct(client, photo["id"], "a band that plays rock music at a concert")
    best = search(client, "two musicians on stage")[0]
    assert best["id"] == photo["id"]
    assert float(str(best["score"])) > float(str(before[photo["id"]])) + 0.2


def test_it_outlives_everything(library: Library, client: TestClient, tmp_path: Path) -> None:
    cat = cat_of(client)
    photo = int(str(cat["id"]))
    correct(client, photo)
    vector = search(client, "a cat")[0]["score"]
    library.clusterings().fit()
    library.index()
    assert library.problems() == []
    assert search(client, SAID)[0]["id"] == photo
    detail = library.photo(photo)
    assert detail is not None
    folder = tmp_path / "again"
    folder.mkdir()
    shutil.copy(detail.uris[0].removeprefix("file://"), folder / "copy.png")
    others = Library(library.folder, ModelSet(beams=1))  # other models by their identity
    others.index([folder])
    others.index()
    described = others.photo(photo)
    assert described is not None
    assert (described.caption, described.corrected) == (SAID, True)
    assert len(described.uris) == 2
    assert others.search(SAID)[0].id == photo
    assert others.problems() == []
    by_others = next(hit for hit in others.search("a cat") if hit.id == photo)
    assert by_others.score == pytest.approx(vector, abs=5e-3)


def test_what_is_no_caption_is_refused(client: TestClient) -> None:
    cat = cat_of(client)["id"]
    for caption in ("", "  \n", "x" * 501):
        refused = client.put(f"/api/v1/photos/{cat}/caption", json={"caption": caption})
        assert refused.status_code in (400, 422)
        assert "caption" in refused.json()["detail"]
    assert client.put("/api/v1/photos/99999/caption", json={"caption": "x"}).status_code == 404
    assert client.delete("/api/v1/photos/99999/caption").status_code == 404


def test_it_is_a_write(library: Library) -> None:
    elsewhere = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    client = TestClient(create_app(library), base_url=BASE)
    cat = cat_of(client)["id"]
    refused = client.put(f"/api/v1/photos/{cat}/caption", json={"caption": "x"}, headers=elsewhere)
    assert refused.status_code == 403
    assert not search(client, "a cat")[0]["corrected"]


def test_the_least_certain_are_listed_until_they_are_corrected(library: Library) -> None:
    before = library.review(3)
    assert [photo.confidence for photo in before] == sorted(photo.confidence for photo in before)
    library.correct(before[0].id, "something else")
    assert library.review(2) == before[1:]


def test_the_models_captions_are_told_with_their_certainty(library: Library) -> None:
    client = TestClient(create_app(library), base_url=BASE)
    cat = cat_of(client)
    assert cat["certainty"] == library.models.certainty(cat["confidence"])
    assert 0 < cat["certainty"] < 1
    assert correct(client, cat["id"])["certainty"] is None
    least = library.review(9)
    told = [library.certainty(photo) or 0 for photo in least]
    assert told == sorted(told)


def test_a_correction_that_has_to_wait_holds_no_search_up(library: Library) -> None:
    """As one does while an indexing run stores much at once."""
    client = TestClient(create_app(library), base_url=BASE)
    cat = cat_of(client)["id"]
    told = []
    with ThreadPoolExecutor() as pool:
        with writing(library._catalog.engine):
            waiting = [pool.submit(correct, client, cat, f"cat number {i}") for i in range(4)]
            told += search(client, "a rocket")
            assert not any(one.done() for one in waiting)
        assert all(one.result(30)["corrected"] for one in waiting)
    assert told


def test_cells_that_another_run_has_fitted_meanwhile_are_used(library: Library) -> None:
    """The server has read the cells of before by then."""
    client = TestClient(create_app(library), base_url=BASE)
    cat = cat_of(client)["id"]
    correct(client, cat, "a cat, said before")
    with Library(library.folder, ModelSet()) as run:
        run.clusterings().fit()
    correct(client, cat)
    assert search(client, SAID)[0]["id"] == cat
    assert library.problems() == []
