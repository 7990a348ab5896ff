"""Typing, the grid, the address."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.page.conftest import Open

pytestmark = pytest.mark.browser

BOXES = """list => list.map(tile => {
  const box = tile.firstChild.getBoundingClientRect();
  return { left: box.left, top: box.top, right: box.right, ratio: box.width / box.height,
           own: tile.photo.width / tile.photo.height };
})"""


def test_typing_shows_photos_with_captions_the_best_first(page: Page) -> None:
    expect(page.locator("#message")).to_contain_text("6 photos")
    page.locator("#query").fill("a cat")
    expect(page.locator(".tile")).to_have_count(6)
    first = page.locator(".tile").first
    expect(first.locator(".tile-caption")).not_to_be_empty()
    expect(first.locator(".tile-score")).to_have_text(re.compile(r"^0\.\d\d$"))
    assert first.evaluate("tile => tile.photo.name") == "chelsea.png"
    loaded = "image => image.decode().then(() => image.naturalWidth > 0)"
    assert first.locator("img").evaluate(loaded)
    expect(page).to_have_url(re.compile(r"\?q=a%20cat$"))


def test_captions_are_the_alternative_text(page: Page) -> None:
    page.locator("#query").fill("a cat")
    first = page.locator(".tile").first
    caption = first.locator(".tile-caption").text_content()
    assert caption
    assert first.locator("img").get_attribute("alt") == caption


def test_an_address_with_a_query_shows_its_results(open_page: Open) -> None:
    page = open_page("?q=a%20rocket")
    expect(page.locator("#query")).to_have_value("a rocket")
    expect(page.locator(".tile")).to_have_count(6)
    assert page.title().startswith("a rocket")


def test_going_back_shows_the_search_before(page: Page) -> None:
    field = page.locator("#query")
    field.fill("a cat")
    field.press("Enter")
    field.fill("a rocket")
    field.press("Enter")
    expect(page).to_have_url(re.compile("rocket"))
    page.go_back()
    expect(field).to_have_value("a cat")
    expect(page.locator(".tile").first).to_be_visible()


def test_what_was_typed_last_is_shown_though_an_answer_comes_late(page: Page) -> None:
    late = re.compile(r"search\?q=a%20cat\b")
    page.route(late, lambda route: (page.wait_for_timeout(900), route.continue_()))
    page.locator("#query").fill("a cat")
    page.wait_for_timeout(300)
    with page.expect_response(re.compile("flower")):
        page.locator("#query").fill("a flower")
    page.wait_for_timeout(1200)
    assert page.locator(".tile").first.evaluate("tile => tile.photo.name") == "flower.jpg"


TYPE_WHILE_CLOSING = """() => {
  document.querySelector("#viewer").close();  // which is told a moment later
  const field = document.querySelector("#query");
  field.value = "coffee";
  field.dispatchEvent(new Event("input"));
}"""


def test_what_is_typed_while_a_photo_closes_is_kept(open_page: Open) -> None:
    page = open_page("?q=a%20cat")
    page.locator(".tile a").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.evaluate(TYPE_WHILE_CLOSING)
    expect(page).to_have_url(re.compile("q=coffee$"))
    expect(page.locator("#query")).to_have_value("coffee")


@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_rows_are_as_wide_as_the_page_and_crop_nothing(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("#query").fill("a cat")
    expect(page.locator(".tile")).to_have_count(6)
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator(".tile").evaluate_all(BOXES)
    assert all(abs(box["ratio"] - box["own"]) < 0.01 for box in boxes)
    ends = [box["right"] for box, after in pairwise(boxes) if after["top"] > box["top"]]
    whole = page.locator("#results").bounding_box()
    assert whole
    assert all(abs(end - whole["x"] - whole["width"]) < 1 for end in ends)


def test_clearing_the_query_goes_back_to_the_welcome(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page.locator(".tile")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(page.locator("#query")).to_have_value("")
    expect(page.locator("#message")).to_contain_text("6 photos")
    expect(page).not_to_have_url(re.compile("q="))


def test_captions_can_be_below_the_photos_and_stay_there(page: Page) -> None:
    page.locator("#query").fill("a cat")
    page.get_by_role("button", name="Captions below").click()
    expect(page.locator(".tile p").first).to_have_css("opacity", "1")
    page.reload()
    expect(page.locator("#results")).to_have_class("captioned")


def test_a_server_that_is_gone_is_said_plainly_until_it_is_back(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.goto(address)
    expect(page.locator("#message")).to_contain_text("6 photos")
    page.context.set_offline(True)
    page.locator("#query").fill("a cat")
    expect(page.locator("#notice")).to_contain_text("does not answer")
    page.context.set_offline(False)
    expect(page.locator(".tile")).to_have_count(6)
    expect(page.locator("#notice")).to_be_hidden()
    page.close()
