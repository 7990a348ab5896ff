"""A photo, opened."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_photo_opens_large_and_the_keys_move_on(page: Page) -> None:
    page.locator("#query").fill("a cat")
    page.locator(".tile a").first.click()
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("chelsea.png")
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
    page.locator(".tile a").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("#query")).to_have_value("a cat")
    page.go_forward()
    expect(page.locator("#viewer")).to_be_visible()


def test_it_tells_why_a_photo_was_found(page: Page) -> None:
    page.locator("#query").fill("a cat")
    page.locator(".tile a").first.click()
    expect(page.locator(".why p")).to_contain_text("what the picture shows")
    expect(page.locator(".bars dd")).to_have_count(3)
