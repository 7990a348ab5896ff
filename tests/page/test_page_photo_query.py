"""Searching by a photo from outside, and by one of the collection."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.page.conftest import Open

pytestmark = pytest.mark.browser

CATS = "all => all.find(tile => tile.photo.name === 'chelsea.png').photo.caption"
GIVE = """({ kind, data, name }) => {
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.querySelector("main").dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_photo_that_is_given_is_found(page: Page, sample_photos: Path, kind: str) -> None:
    data = base64.b64encode((sample_photos / "coffee.png").read_bytes()).decode()
    page.evaluate(GIVE, {"kind": kind, "data": data, "name": "mine.png"})
    expect(page.locator(".tile")).to_have_count(6)
    assert page.locator(".tile").first.evaluate("tile => tile.photo.name") == "coffee.png"
    expect(page.get_by_role("img", name="The photo that is searched by")).to_be_visible()


def test_words_join_a_chosen_photo_and_it_can_be_put_away(page: Page, sample_photos: Path) -> None:
    page.locator("#photo-file").set_input_files(sample_photos / "coffee.png")
    expect(page.locator(".tile")).to_have_count(6)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.locator("#query").fill("a cat")
    assert answered.value.json()["query"] == "a cat"
    caption = page.locator(".tile").evaluate_all(CATS)
    page.get_by_role("button", name="Search without the photo").click()
    expect(page.locator("#by-photo")).to_be_hidden()
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.locator(".tile").first.locator("img")).to_have_attribute("alt", caption)


def test_what_is_no_photo_is_refused_in_words(open_page: Open, tmp_path: Path) -> None:
    page = open_page(refuses=True)
    wrong = tmp_path / "wrong.jpg"
    wrong.write_bytes(b"not a photo at all")
    page.locator("#photo-file").set_input_files(wrong)
    expect(page.locator("#state h2")).to_be_visible()
    expect(page.locator("#state")).not_to_contain_text("undefined")


def test_more_like_this(page: Page) -> None:
    page.locator("#query").fill("a cat")
    page.locator(".tile a").first.click()
    page.get_by_role("button", name="More like this").click()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?like=\d+$"))
    expect(page.locator("#message")).to_contain_text("like that one")
    expect(page.locator(".tile")).to_have_count(5)
