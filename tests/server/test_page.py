"""The page in a real browser, served by the real command."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.conftest import command

pytestmark = pytest.mark.browser

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def address(sample_library: Path) -> Iterator[str]:
    arguments = command("--library", sample_library, "serve", "--port", 0)
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        yield found.group()
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened; a test fails on any error in the browser's console."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(address)
    yield page
    page.close()
    assert errors == []


def test_typing_shows_photos_with_captions_the_best_first(page: Page) -> None:
    expect(page.locator("#message")).to_contain_text("6 photos can be found")
    page.locator("#query").fill("a cat")
    expect(page.locator(".result")).to_have_count(6)
    first = page.locator(".result").first
    expect(first.locator("p span").first).not_to_be_empty()
    expect(first.locator(".score")).to_have_text(re.compile(r"^0\.\d\d$"))
    loaded = "image => image.decode().then(() => image.naturalWidth > 0)"
    assert first.locator("img").evaluate(loaded)
    assert page.url.endswith("?q=a%20cat")


def test_an_address_with_a_query_shows_its_results(page: Page, address: str) -> None:
    page.goto(f"{address}?q=a%20rocket")
    expect(page.locator("#query")).to_have_value("a rocket")
    expect(page.locator(".result")).to_have_count(6)


def test_a_photo_opens_large_and_the_keys_move_on(page: Page) -> None:
    page.locator("#query").fill("a cat")
    page.locator(".result button").first.click()
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    expect(page.locator("#viewer-facts")).to_contain_text("chelsea.png")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-facts")).not_to_contain_text("chelsea.png")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#viewer-facts")).to_contain_text("chelsea.png")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_captions_are_the_alternative_text(page: Page) -> None:
    page.locator("#query").fill("a cat")
    first = page.locator(".result").first
    caption = first.locator("p span").first.inner_text()
    assert first.locator("img").get_attribute("alt") == caption


@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_nothing_sticks_out_at_any_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("#query").fill("a cat")
    expect(page.locator(".result")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_clearing_the_query_goes_back_to_the_welcome(page: Page) -> None:
    page.locator("#query").fill("a cat")
    expect(page.locator(".result")).to_have_count(6)
    page.locator("#query").fill("")
    expect(page.locator(".result")).to_have_count(0)
    expect(page.locator("#message")).to_contain_text("can be found")


def test_a_server_that_is_gone_is_said_plainly(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.context.set_offline(True)
    page.locator("#query").fill("a cat")
    expect(page.locator("#message")).to_contain_text("does not answer")
    page.close()
