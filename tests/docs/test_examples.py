"""What the docs and the help texts show is run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.conftest import command
from tests.encoders.conftest import save_sentence_transformer

from wordsight.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ENDLESS = {"serve", "train", "evaluate", "datasets"}
"""The first waits for visitors, the others need data; fetching is tested on a server of our own."""
LONG = ["cluster", "compare"]  # has a test of its own, as has what runs on Spark


def shown_commands() -> Iterator[str]:
    for page in PAGES:
        yield from re.findall(r"^ {4}(wordsight .*)$", page.read_text(), re.MULTILINE)
    for part in walk(cli):
        yield from re.findall(r"^\s*(wordsight .*)$", part.help or "", re.MULTILINE)


def walk(part: click.Command) -> Iterator[click.Command]:
    yield part
    if isinstance(part, click.Group):
        for inner in part.commands.values():
            yield from walk(inner)


def arguments(line: str) -> list[str]:
    """Of the first command of a pipe; what follows two spaces or `#` is said about it."""
    alone = re.split(r"\s{2,}|#|\|", line)[0]
    return [word.replace("~", os.environ["HOME"]) for word in shlex.split(alone)[1:]]


@pytest.fixture
def home(sample_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with pictures, as the examples have it."""
    shutil.copytree(sample_photos, tmp_path / "Pictures")
    shutil.copytree(sample_photos, tmp_path / "photos")
    for name in ("photo.jpg", "beach.jpg"):
        shutil.copy(sample_photos / "china.jpg", tmp_path / name)
    save_sentence_transformer(tmp_path / "models" / "all-mpnet-base-v2")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WORDSIGHT_LIBRARY", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_line_shown_works(home: Path) -> None:
    shown = {
        tuple(arguments(line)): line
        for line in shown_commands()
        if "/mnt/" not in line and "://" not in line
    }
    assert len(shown) >= 12
    lines = sorted(shown.values(), key=lambda line: "forget" in line)  # that empties the library
    subprocess.run(command("index", home / "Pictures"), check=True, capture_output=True)
    for line in lines:
        words = arguments(line)
        if words and (words[0] in ENDLESS or words[:2] == LONG or "spark" in words):
            words = [*words[: 2 if words[0] != "serve" else 1], "--help"]
        run = subprocess.run(command(*words), capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, f"{line}\n{run.stderr}"


def test_the_python_in_the_readme_works(home: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", PAGES[0].read_text(), re.DOTALL)
    assert len(code) == 1
    run = subprocess.run([sys.executable, "-c", code[0]], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == 5
    assert home.as_uri() in run.stdout


def test_the_sql_in_the_docs_works(sample_library: Path) -> None:
    queries = re.findall(
        r"```sql\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL
    )
    assert queries
    with sqlite3.connect(sample_library / "catalog.db") as database:
        for query in queries:
            assert database.execute(query).fetchall()


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
