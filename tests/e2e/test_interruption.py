"""Killed or stopped at any moment, a library opens, is consistent, and goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import Run, command

PHOTOS = 360


@pytest.fixture
def many(photos: Path) -> Path:
    """Different photos, enough for several batches: cut-outs of the samples."""
    folder = photos.parent / "many"
    folder.mkdir()
    originals = [Image.open(path).convert("RGB") for path in sorted(photos.iterdir())]
    for i in range(PHOTOS):
        image = originals[i % len(originals)]
        left, top = (i * 7) % (image.width // 3), (i * 5) % (image.height // 3)
        right = image.width - i // len(originals)
        image.crop((left, top, right, image.height)).save(folder / f"{i:03d}.jpg")
    return folder


def start(library: Path, *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "WORDSIGHT_LIBRARY": str(library)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command(*arguments), env=environment, text=True, **pipes)


def described(library: Path) -> int:
    try:
        with sqlite3.connect(f"file:{library}/catalog.db?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(photo_id) FROM files").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


def wait_for(library: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while described(library) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def check_consistent(library: Path) -> None:
    """Every photo has its caption and both embeddings; every file its photo."""
    with sqlite3.connect(library / "catalog.db") as database:
        count = lambda query: database.execute(query).fetchone()[0]  # noqa: E731
        assert count("PRAGMA integrity_check") == "ok"
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        photos = count("SELECT count(*) FROM photos")
        assert count("SELECT count(*) FROM captions") == photos
        assert count("SELECT count(*) FROM embeddings") == 2 * photos
        assert count("SELECT count(DISTINCT photo_id) FROM files") == photos


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(
    wordsight: Run, many: Path, library_folder: Path
) -> None:
    run = start(library_folder, "index", many)
    wait_for(library_folder, 32)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert "run again to go on" in errors
    assert "Traceback" not in errors
    kept = described(library_folder)
    assert 32 <= kept < PHOTOS
    assert len(wordsight("search", "-n", 1000, "a cat").stdout.splitlines()) == kept
    rest = json.loads(wordsight("index", "--json").stdout)
    assert rest["described"] == PHOTOS - kept
    check_consistent(library_folder)


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_or_broken(
    wordsight: Run, many: Path, library_folder: Path
) -> None:
    chance = random.Random(7)
    kept = 0
    for _ in range(12):
        run = start(library_folder, "index", many)
        time.sleep(chance.uniform(0.3, 2.5))
        run.kill()
        run.communicate()
        before, kept = kept, described(library_folder)
        assert kept >= before
        if (library_folder / "catalog.db").exists() and kept:
            check_consistent(library_folder)
            found = wordsight("search", "-n", 1000, "a cat")
            assert found.returncode == 0, found.stderr
            assert len(found.stdout.splitlines()) == kept
    assert wordsight("index", many).returncode == 0
    assert described(library_folder) == PHOTOS
    check_consistent(library_folder)


def test_a_second_run_at_the_same_time_is_refused(
    wordsight: Run, many: Path, library_folder: Path
) -> None:
    run = start(library_folder, "index", many)
    try:
        wait_for(library_folder, 1)
        run.send_signal(signal.SIGSTOP)  # it may be done before the second has begun
        second = wordsight("index", many)
        assert second.returncode == 1
        assert "another run is indexing" in second.stderr
    finally:
        run.kill()
        run.communicate()
