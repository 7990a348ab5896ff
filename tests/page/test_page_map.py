"""The groups of the collection: cards on the start page, the map, its list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.page.conftest import Open

pytestmark = pytest.mark.browser

PAINTED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) {
    colours.add((data[i] >> 3 << 10) | (data[i + 1] >> 3 << 5) | data[i + 2] >> 3);
  }
  return colours.size;
}"""


def painted(canvas: Locator) -> None:
    """Wait until photos are on the map; the page forbids scripts from text, as Playwright's."""
    for _ in range(50):
        if canvas.evaluate(PAINTED) > 300:
            return
        canvas.page.wait_for_timeout(100)
    raise AssertionError("no photos are painted")


def test_the_start_page_begins_with_groups(page: Page) -> None:
    card = page.locator(".card").first
    expect(card.locator("img").first).to_be_visible()
    name = card.locator(".card-name").inner_text()
    card.click()
    expect(page).to_have_url(re.compile(r"\?group=\d+(-\d+)?$"))
    expect(page.locator("#message")).to_contain_text(name)
    expect(page.locator(".tile").first).to_be_visible()


def test_the_map_paints_photos_and_flies_to_a_group(page: Page) -> None:
    page.get_by_role("button", name="Map of the collection").click()
    expect(page).to_have_url(re.compile(r"\?map$"))
    canvas = page.locator("#map canvas")
    painted(canvas)
    before = canvas.screenshot()
    group = page.get_by_role("list", name="Groups").get_by_role("button").first
    group.click()
    expect(group).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(r"group=[\d-]+&map$"))
    page.wait_for_timeout(900)
    assert canvas.screenshot() != before


def test_the_map_answers_to_keys_and_opens_photos(page: Page) -> None:
    page.get_by_role("button", name="Map of the collection").click()
    page.get_by_role("list", name="Groups").get_by_role("button").first.click()
    canvas = page.locator("#map canvas")
    canvas.focus()
    page.wait_for_timeout(900)
    for key in ("+", "+", "+", "+"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")  # opens what is in the middle
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(canvas).to_be_visible()


def test_a_group_on_the_map_has_an_address(open_page: Open) -> None:
    page = open_page("?map")
    group = page.get_by_role("list", name="Groups").get_by_role("listitem").first
    number = group.get_by_role("button").get_attribute("data-group")
    group.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"\?group={number}$"))
    expect(page.locator(".tile").first).to_be_visible()
    page.go_back()
    expect(page.locator("#map canvas")).to_be_visible()
