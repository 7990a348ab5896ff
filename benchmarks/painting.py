"""How soon the page shows what it found, in a browser that has seen nothing of it before.

Headless Chromium opens the address of a search on a library of the sample photos, on the same
machine. *First results* is when the first photo is there to be painted, *all in sight* when the
last one in a window of 1280 x 800 is, both from the beginning of the navigation.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from scripts.sample_photos import copy_samples

from benchmarks.measure import table
from benchmarks.served import serving
from wordsight import Library

_VISITS = 10
_BROWSER = "/usr/bin/chromium"
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
_SHOWN = """all => {
  const seen = [...document.querySelectorAll(".tile a")].filter(
    (tile) => tile.getBoundingClientRect().top < innerHeight);
  const loaded = seen.filter((tile) => tile.classList.contains("loaded"));
  return seen.length && loaded.length >= (all ? seen.length : 1) ? performance.now() : 0;
}"""
_WEIGHT = """() => performance.getEntries()
  .filter((entry) => entry.decodedBodySize !== undefined && !entry.name.includes("/api/"))
  .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


def run() -> str:
    """The table, in Markdown."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        photos, library = Path(name, "photos"), Path(name, "library")
        copy_samples(photos)
        with Library(library) as opened:
            opened.index([photos])
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=_QUIET)
        with serving(library) as server:
            address = f"http://127.0.0.1:{server.port}/?q=a%20cat"
            visits = [_visit(browser, address) for _ in range(_VISITS + 1)]
        browser.close()
    first, later = visits[0], sorted(visits[1:])
    rows = [
        ["first results, ms", f"{first[0]:.0f}", f"{later[_VISITS // 2][0]:.0f}"],
        ["all in sight, ms", f"{first[1]:.0f}", f"{sorted(v[1] for v in later)[_VISITS // 2]:.0f}"],
        ["weight without photos, KB", f"{first[2] / 1e3:.0f}", f"{later[0][2] / 1e3:.0f}"],
    ]
    about = (__doc__ or "").strip().split("\n\n")[1]
    head = ["", "the first visit, thumbnails still to be made", f"median of {_VISITS} more"]
    return "\n".join(["## The page in a browser", "", about, "", table(head, rows)])


def _visit(browser: Browser, address: str) -> tuple[float, float, float]:
    """Milliseconds to the first photo and to all in sight, and bytes of the page."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(address, wait_until="commit")
    first, everything = (
        float(page.wait_for_function(_SHOWN, arg=whole).json_value()) for whole in (False, True)
    )
    weight = float(page.evaluate(_WEIGHT))
    context.close()
    return first, everything, weight
