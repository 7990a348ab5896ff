"""All of it without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_from_the_field_to_a_photo_and_back(page: Page) -> None:
    page.keyboard.type("a cat")
    expect(page.locator(".tile")).to_have_count(6)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tile a").nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    second = page.locator(".tile a").nth(1)
    expect(second).to_be_focused()
    expect(second).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator(".tile a").nth(2)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()


def test_arrows_go_to_the_row_below_and_up_into_the_field(page: Page) -> None:
    page.set_viewport_size({"width": 500, "height": 800})
    page.keyboard.type("a cat")
    expect(page.locator(".tile")).to_have_count(6)
    page.keyboard.press("ArrowDown")
    top = "document.activeElement.getBoundingClientRect().top + scrollY"
    first = page.evaluate(top)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(top) > first
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#query")).to_be_focused()


def test_the_keys_are_listed(page: Page) -> None:
    page.keyboard.press("Tab")
    page.locator(".name").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
