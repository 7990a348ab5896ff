"""Filters that combine with words, and captions put right."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.page.conftest import Open, served

from wordsight import Library
from wordsight.models.packaged import ModelSet

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
FILED = {
    "holiday/chelsea.png": ("2023:06:15 10:00:00", "Pixel 7"),
    "holiday/coffee.png": ("2023:08:01 10:00:00", "Pixel 7"),
    "work/rocket.jpg": ("2024:01:05 10:00:00", "EOS R6"),
    "work/china.jpg": (None, None),
}


@pytest.fixture(scope="module")
def filed(
    sample_photos: Path, models: ModelSet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server of photos in folders, with dates and cameras."""
    folder = tmp_path_factory.mktemp("filed")
    for place, (taken, camera) in FILED.items():
        target = (folder / "Pictures" / place).with_suffix(".jpg")
        target.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        if taken and camera:
            exif.get_ifd(0x8769)[0x9003] = taken
            exif[0x110] = camera
        with Image.open(sample_photos / Path(place).name) as image:
            portrait = image.crop((0, 0, 150, 200)) if "coffee" in place else image
            portrait.convert("RGB").save(target, exif=exif)
    with Library(folder / "library", models) as library:
        library.index([folder / "Pictures"])
    with served(folder / "library") as address:
        yield address


@pytest.fixture
def opened(open_page: Open, filed: str) -> Page:
    page = open_page("?q=a%20photo", at=filed)
    expect(page.locator(".tile")).to_have_count(4)
    page.get_by_role("button", name="Filters", exact=True).click()
    return page


def chosen(page: Page) -> list[str]:
    return page.locator("#chips button").all_inner_texts()


def test_filters_narrow_and_combine_and_come_off(opened: Page) -> None:
    page, panel = opened, opened.locator("#filters")
    panel.get_by_role("button", name="Pictures/holiday").click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator("#query")).to_have_value("a photo folder:Pictures/holiday")
    expect(page).to_have_url(re.compile(r"q=a%20photo%20folder%3APictures%2Fholiday"))
    panel.get_by_role("button", name="Tall").click()
    expect(page.locator(".tile")).to_have_count(1)
    assert chosen(page) == ["folder:Pictures/holiday", "orientation:portrait"]
    expect(page.locator("#show-filters .count")).to_have_text("2")
    page.get_by_role("button", name="Without the filter folder:Pictures/holiday").click()
    expect(page.locator("#query")).to_have_value("a photo orientation:portrait")
    panel.get_by_role("button", name="Tall").click()
    expect(page.locator(".tile")).to_have_count(4)
    page.go_back()
    expect(page.locator(".tile")).to_have_count(1)
    panel.get_by_role("button", name="Clear all").click()
    expect(page.locator("#query")).to_have_value("a photo")


def test_dates_are_chosen_from_a_histogram_or_typed(opened: Page) -> None:
    page, panel = opened, opened.locator("#filters")
    bars = panel.locator(".histogram .bar")
    expect(bars).to_have_count(8)
    expect(panel).to_contain_text("1 photo without a date")
    panel.get_by_role("button", name="June 2023: 1 photo").click()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#query")).to_have_value("a photo date:2023-06")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#query")).to_have_value("a photo date:2023-08")
    panel.get_by_label("From").fill("2023-08")
    expect(page.locator("#query")).to_have_value("a photo after:2023-08")
    expect(page.locator(".tile")).to_have_count(2)
    panel.get_by_label("Before").fill("2024-01")
    expect(page.locator(".tile")).to_have_count(1)


def test_filters_without_words_list_the_newest(opened: Page) -> None:
    opened.locator("#query").fill("has:date")
    expect(opened.locator("#message")).to_have_text("3 photos, the newest first")
    opened.locator("#query").fill("camera:none")
    expect(opened.locator("#state")).to_contain_text("No photo passes the filter")


def test_an_opened_photo_gives_filters_to_click(open_page: Open, filed: str) -> None:
    page = open_page("?q=a%20cat", at=filed)
    page.locator(".tile a").first.click()
    page.locator(".facts").get_by_role("button", name="Pixel 7").click()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("#query")).to_have_value('a cat camera:"Pixel 7"')
    expect(page.locator(".tile")).to_have_count(2)


def test_what_the_language_refuses_is_told(open_page: Open, filed: str) -> None:
    page = open_page("?q=colour:red", at=filed, refuses=True)
    expect(page.locator("#state")).to_contain_text("there is no filter colour:")
    page.locator("#query").fill("zxqv zebra crossing quark")
    expect(page.locator("#message")).to_contain_text("Nothing in here looks like that")


def test_words_narrow_what_is_like_a_photo(open_page: Open, filed: str) -> None:
    page = open_page("?q=a%20cat", at=filed)
    page.locator(".tile a").first.click()
    page.get_by_role("button", name="More like this").click()
    expect(page.locator(".tile")).to_have_count(3)
    page.locator("#query").fill("folder:work")
    expect(page.locator(".tile")).to_have_count(2)
    expect(page).to_have_url(re.compile("like="))
    page.get_by_role("button", name="Search without the photo").click()
    expect(page).not_to_have_url(re.compile("like="))


def test_a_phone_shows_filters_over_the_photos(open_page: Open, filed: str) -> None:
    page = open_page("?q=a%20photo", at=filed, viewport=PHONE, has_touch=True)
    page.get_by_role("button", name="Filters", exact=True).tap()
    panel = page.locator("#filters").bounding_box()
    assert panel
    assert (panel["x"], panel["width"]) == (0, 390)
    assert panel["y"] + panel["height"] == pytest.approx(844, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()


def test_a_caption_is_put_right_in_place_and_found_at_once(
    open_page: Open, sample_library: Path, tmp_path: Path
) -> None:
    with served(shutil.copytree(sample_library, tmp_path / "library")) as address:
        page = open_page("?q=a%20cat", at=address)
        page.locator(".tile a").first.click()
        page.get_by_role("button", name="Correct the caption").click()
        page.get_by_role("textbox", name="Caption").fill("Biscuit the tomcat asleep")
        page.keyboard.press("Enter")
        expect(page.locator("#viewer")).to_contain_text("Corrected by hand")
        page.keyboard.press("Escape")
        expect(page.locator(".tile img").first).to_have_attribute("alt", re.compile("Biscuit"))
        page.locator("#query").fill("biscuit")
        expect(page).to_have_url(re.compile("biscuit"))
        expect(page.locator(".tile img").first).to_have_attribute("alt", re.compile("Biscuit"))
        page.locator(".tile a").first.click()
        page.get_by_role("button", name="Take back the model").click()
        expect(page.locator("#viewer")).not_to_contain_text("Biscuit")
