"""A photo, opened."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.page.conftest import Open

pytestmark = pytest.mark.browser


def test_a_photo_opens_large_and_the_keys_move_on(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page).to_have_url(re.compile(r"q=a%20cat"))  # what is typed closes an open photo
    page.locator(".tile a").first.click()
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("chelsea.png")
    expect(page.locator(".facts")).to_contain_text("% certain")
    expect(page).to_have_url(re.compile(r"photo=\d+"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".facts")).not_to_contain_text("chelsea.png")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".facts")).to_contain_text("chelsea.png")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=a%20cat$"))


def test_back_closes_a_photo_and_forward_opens_it(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page).to_have_url(re.compile(r"q=a%20cat"))  # what is typed closes an open photo
    page.locator(".tile a").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("#query")).to_have_value("a cat")
    page.go_forward()
    expect(page.locator("#viewer")).to_be_visible()


def test_it_tells_why_a_photo_was_found(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page).to_have_url(re.compile(r"q=a%20cat"))  # what is typed closes an open photo
    page.locator(".tile a").first.click()
    expect(page.locator(".why p")).to_contain_text("what the picture shows")
    expect(page.locator(".bars dd")).to_have_count(3)


LIGHT = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const alphas = data.filter((_, i) => i % 4 === 3);
  return [Math.min(...alphas), Math.max(...alphas), canvas.width / canvas.height];
}"""


def test_pointing_at_a_word_shows_where_the_model_looked(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page).to_have_url(re.compile(r"q=a%20cat"))  # what is typed closes an open photo
    page.locator(".tile a").first.click()
    overlay = page.locator(".overlay")
    expect(overlay).to_have_css("opacity", "0")
    maps = []
    for word in page.locator(".word").all()[:3]:
        word.hover()
        expect(overlay).to_have_css("opacity", "1")
        maps.append(overlay.evaluate("canvas => canvas.toDataURL()"))
    lightest, darkest, ratio = overlay.evaluate(LIGHT)
    assert lightest < 40
    assert darkest > 150
    assert abs(ratio - 451 / 300) < 0.02
    assert len(set(maps)) == 3
    page.locator(".why").hover()
    expect(overlay).to_have_css("opacity", "0")


def test_the_words_are_one_stop_of_the_tab_key_and_arrows_go_through_them(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page).to_have_url(re.compile(r"q=a%20cat"))  # what is typed closes an open photo
    page.locator(".tile a").first.click()
    file = page.locator(".facts").inner_text()
    page.locator(".word").first.focus()
    expect(page.locator(".overlay")).to_have_css("opacity", "1")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".word").nth(1)).to_be_focused()
    assert page.locator(".facts").inner_text() == file
    page.keyboard.press("Tab")
    expect(page.locator(".word:focus")).to_have_count(0)


def test_a_photo_has_an_address_of_its_own(open_page: Open, page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page).to_have_url(re.compile(r"q=a%20cat"))  # what is typed closes an open photo
    number = page.locator(".tile").first.evaluate("tile => tile.photo.id")
    alone = open_page(f"?photo={number}")
    expect(alone.locator(".facts")).to_contain_text("chelsea.png")
    alone.get_by_role("button", name="Close").click()
    expect(alone.locator("#message")).to_contain_text("6 photos")


def test_a_photo_that_is_gone_is_said_to_be(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}?photo=999")
    expect(page.locator("#viewer-title")).to_have_text("This photo is gone")
    page.close()
