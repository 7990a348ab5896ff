"""The page in a real browser, served by the real command."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from tests.conftest import command

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
Open = Callable[..., Page]


@contextmanager
def served(library: Path) -> Iterator[str]:
    """The address of a server over a library, as the command prints it."""
    arguments = command("--library", library, "serve", "--port", 0)
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        yield found.group()
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def address(sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a library of six photos that no test changes, but for thumbnails."""
    copy = shutil.copytree(sample_library, tmp_path_factory.mktemp("served") / "library")
    with served(copy) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after each module: while it is open, no test of another kind can run a loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open the page, with options of a browser context. A test fails on any error in the browser's
    console, but for what the server may refuse in it, and on any request to another host."""
    errors: list[str] = []
    contexts = []

    def opened(path: str = "", at: str = address, refuses: bool = False, **options: object) -> Page:
        def strangers(request: Request) -> None:
            if not request.url.startswith((at, "data:", "blob:")):
                errors.append(f"asked another host: {request.url}")

        def complaints(line: ConsoleMessage) -> None:
            if line.type == "error" and not (refuses and "status of 4" in line.text):
                errors.append(line.text)

        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", complaints)
        page.on("request", strangers)
        page.goto(at + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Open) -> Page:
    """The page, opened."""
    return open_page()
