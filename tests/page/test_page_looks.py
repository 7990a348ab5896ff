"""Light and dark, phone and wide screen, with and without motion; nothing that keeps anyone out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.page.conftest import Open

pytestmark = pytest.mark.browser

AXE = Path("build/axe/node_modules/axe-core/axe.min.js")
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
PHONE = {"width": 390, "height": 844}
VIEWS = {
    "start": ("", None),
    "results": ("?q=a%20cat", None),
    "photo": ("?q=a%20cat", ".tile a"),
    "map": ("?map", ".map-groups button"),
    "filters": ("?q=a%20cat%20-tag:work", "#show-filters"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(open_page: Open, view: str, theme: str) -> None:
    assert AXE.exists(), "run `make build/axe/.installed` first"
    path, click = VIEWS[view]
    page = open_page(path, color_scheme=theme, reduced_motion="reduce")
    if click:
        page.locator(click).first.click()
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_dark_follows_the_system_until_one_chooses(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    assert page.evaluate(BACKGROUND) == "rgb(18, 20, 19)"
    page.get_by_role("button", name="Switch to light").click()
    light = page.evaluate(BACKGROUND)
    assert light == "rgb(247, 246, 243)"
    page.reload()
    assert page.evaluate(BACKGROUND) == light
    page.get_by_role("button", name="Switch to dark").click()
    assert page.evaluate(BACKGROUND) == "rgb(18, 20, 19)"


def test_a_phone_shows_photo_and_panel_below_each_other(open_page: Open) -> None:
    page = open_page("?q=a%20cat", viewport=PHONE, has_touch=True, reduced_motion="reduce")
    page.locator(".tile a").first.tap()
    stage, panel = (page.locator(name).bounding_box() for name in (".stage", ".panel"))
    assert stage
    assert panel
    assert stage["width"] == panel["width"] == 390
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_sticks_out_on_a_small_phone(open_page: Open, view: str) -> None:
    path, click = VIEWS[view]
    page = open_page(path, viewport={"width": 320, "height": 640})
    if click:
        page.locator(click).first.click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_motion_nothing_moves(open_page: Open) -> None:
    page = open_page("?q=a%20cat", reduced_motion="reduce")
    page.locator(".tile a").first.click()
    expect(page.locator("#viewer")).to_have_css("animation-name", "none")
    expect(page.locator(".overlay")).to_have_css("transition-duration", "0s")


def test_the_page_weighs_little(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Map of the collection").click()
    page.locator("#query").fill("a cat")
    page.locator(".tile a").first.click()
    page.wait_for_load_state("networkidle")
    parts = page.evaluate(
        """performance.getEntries().filter(entry => entry.decodedBodySize !== undefined
             && !entry.name.includes("/api/")).map(entry => entry.decodedBodySize)"""
    )
    assert len(parts) > 20
    assert sum(parts) < 200_000
