"""What the page says while there is nothing to show."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect
from tests.conftest import Run, command
from tests.page.conftest import Open, served

pytestmark = pytest.mark.browser

COPIES = 64


@pytest.fixture
def empty(wordsight: Run, library_folder: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a server whose library holds nothing yet."""
    (tmp_path / "nothing").mkdir()
    assert wordsight("index", tmp_path / "nothing").returncode == 0
    with served(library_folder) as address:
        yield address


@pytest.fixture
def many_photos(sample_photos: Path, tmp_path: Path) -> Path:
    """Enough for a run that one can watch."""
    folder = tmp_path / "many"
    folder.mkdir()
    for path in sorted(sample_photos.iterdir()):
        with Image.open(path) as image:
            for i in range(COPIES):
                cut = image.convert("RGB").crop((i, i, image.width - i, image.height - i))
                cut.save(folder / f"{path.stem}-{i}.jpg")
    return folder


def test_an_empty_library_tells_how_to_index_and_shows_it_live(
    open_page: Open, empty: str, many_photos: Path, library_folder: Path
) -> None:
    page = open_page(at=empty)
    expect(page.locator("#state h2")).to_have_text("No photos here yet")
    expect(page.locator(".command")).to_have_text("wordsight index ~/Pictures")
    run = subprocess.Popen(
        command("--library", library_folder, "index", many_photos), stdout=subprocess.DEVNULL
    )
    try:
        expect(page.get_by_role("progressbar")).to_be_visible(timeout=20_000)
        total = len(list(many_photos.iterdir()))
        files = re.compile(rf"[1-9]\d* of {total} files")
        expect(page.locator(".indexing")).to_contain_text(files, timeout=20_000)
    finally:
        run.wait(timeout=60)
    expect(page.locator("#message")).to_contain_text(f"{total} photos", timeout=20_000)
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_query_that_is_refused_is_explained(open_page: Open) -> None:
    page = open_page(refuses=True)
    page.route(
        "**/api/v1/search?*",
        lambda route: route.fulfill(
            status=422, json={"detail": "the query is empty; describe a photo"}
        ),
    )
    page.locator("#query").fill("a cat")
    expect(page.locator("#state")).to_contain_text("describe a photo")


def test_a_busy_server_is_asked_again_when_it_says(open_page: Open) -> None:
    page = open_page(refuses=True)
    page.route(
        "**/api/v1/search?*",
        lambda route: route.fulfill(
            status=429, headers={"Retry-After": "1"}, json={"detail": "too many searches wait"}
        ),
        times=1,
    )
    page.locator("#query").fill("a cat")
    expect(page.locator("#message")).to_contain_text("too many searches wait")
    expect(page.locator(".tile")).to_have_count(6)
