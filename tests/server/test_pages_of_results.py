"""Going through results, the map and the counts."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

from fastapi.testclient import TestClient
from tests.server.conftest import search

from wordsight import Library
from wordsight.indexing import Progress
from wordsight.server.app import create_app


def test_pages_put_together_are_the_whole(client: TestClient) -> None:
    whole = [hit["id"] for hit in search(client, "a cat", limit=6)]
    pages = [client.get(f"/api/v1/search?q=a cat&limit=2&offset={at}").json() for at in (0, 2, 4)]
    assert [hit["id"] for page in pages for hit in page["results"]] == whole
    assert [page["more"] for page in pages] == [True, True, False]
    assert search(client, "a cat", offset=6) == []


def test_more_than_a_thousand_results_are_refused(client: TestClient) -> None:
    answer = client.get("/api/v1/search?q=cat&limit=600&offset=600")
    assert answer.status_code == 422
    assert "1000" in answer.json()["detail"]


def test_the_map_shows_every_photo_in_one_group(client: TestClient) -> None:
    drawn = client.get("/api/v1/clusters").json()
    assert sum(group["size"] for group in drawn["groups"]) == drawn["photos"] == 6
    assert all(-1 <= group[axis] <= 1 for group in drawn["groups"] for axis in "xy")
    ids = []
    for group in drawn["groups"]:
        assert sum(cell["size"] for cell in group["cells"]) == group["size"]
        photos = client.get(f"/api/v1/clusters/{group['id']}").json()
        ids += [photo["id"] for photo in photos["results"]]
        assert [p["id"] for p in group["photos"]] == [p["id"] for p in photos["results"]][:8]
    assert sorted(ids) == sorted(hit["id"] for hit in search(client, "a cat"))


def test_a_groups_cells_share_its_photos(client: TestClient) -> None:
    group = client.get("/api/v1/clusters").json()["groups"][0]
    for cell in group["cells"]:
        photos = client.get(f"/api/v1/clusters/{group['id']}", params={"cell": cell["id"]}).json()
        assert len(photos["results"]) == photos["size"] == cell["size"]


def test_a_group_that_there_is_not_is_missing(client: TestClient) -> None:
    assert client.get("/api/v1/clusters/999").status_code == 404


def test_stats_count_what_can_be_filtered_by(client: TestClient) -> None:
    stats = client.get("/api/v1/stats").json()
    assert (stats["photos"], stats["failed"], stats["waiting"]) == (6, 0, 0)
    assert sum(month["photos"] for month in stats["dates"]) + stats["undated"] == 6
    assert len(stats["dates"]) >= 1
    assert stats["orientations"] == [
        {"name": "landscape", "photos": 5},
        {"name": "square", "photos": 1},
    ]
    assert [folder["photos"] for folder in stats["folders"]] == [6]
    assert "/" not in stats["folders"][0]["name"]
    assert stats["indexing"] is None
    assert stats["snapshot"]["photos"] == 6


def test_a_run_that_is_under_way_shows_how_far_it_is(
    client: TestClient, library: Library, photos: Path
) -> None:
    seen, go_on = threading.Event(), threading.Event()

    def watch(progress: Progress) -> None:
        if progress.stage == "describe":
            seen.set()
            go_on.wait(20)

    (photos / "chelsea.png").rename(photos / "new.png")
    with (photos / "new.png").open("ab") as file:
        file.write(b"\0")
    run = threading.Thread(target=library.index, args=([photos],), kwargs={"watch": watch})
    run.start()
    try:
        assert seen.wait(20)
        indexing = client.get("/api/v1/stats").json()["indexing"]
    finally:
        go_on.set()
        run.join()
    assert (indexing["stage"], indexing["total"]) == ("describe", 6)
    assert client.get("/api/v1/stats").json()["indexing"] is None


def test_what_a_killed_run_has_left_is_no_run(client: TestClient, library: Library) -> None:
    note = library.folder / "progress.json"
    note.write_text(json.dumps(vars_of_a_run()))
    assert client.get("/api/v1/stats").json()["indexing"]["done"] == 1
    long_ago = time.time() - 3600
    os.utime(note, (long_ago, long_ago))
    assert client.get("/api/v1/stats").json()["indexing"] is None


def vars_of_a_run() -> dict[str, object]:
    return {
        "stage": "list", "done": 1, "total": 0, "failed": 0, "rate": None, "seconds_left": None,
    }  # fmt: skip


def test_ready_once_there_are_photos(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/api/v1/ready").json() == {"status": "ready"}
    empty = TestClient(create_app(Library(tmp_path / "none")), base_url="http://127.0.0.1")
    answer = empty.get("/api/v1/ready")
    assert answer.status_code == 503
    assert "wordsight index" in answer.json()["detail"]
    assert empty.get("/api/v1/health").status_code == 200
