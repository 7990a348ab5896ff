"""The command with its catalog in PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.conftest import Run
from tests.postgres import postgresql_url

from wordsight.catalog import Catalog

SECRET = "hush-hush"
Shared = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def url() -> str:
    """With a password, which the server does not ask for and nobody may tell."""
    return postgresql_url().replace("postgres:@", f"postgres:{SECRET}@")


@pytest.fixture
def shared(wordsight: Run, url: str) -> Shared:
    def run(*arguments: object, **options: Path) -> CompletedProcess[str]:
        done = wordsight("--catalog", url, *arguments, **options)
        assert SECRET not in done.stdout + done.stderr
        return done

    return run


def names(found: CompletedProcess[str]) -> list[str]:
    assert found.returncode == 0, found.stderr
    return [Path(line).name for line in found.stdout.splitlines()]


def test_all_that_a_library_does_it_does_there(
    shared: Shared, photos: Path, tmp_path: Path, library_folder: Path
) -> None:
    indexed = shared("index", photos)
    assert "6 photos listed: 6 described" in indexed.stdout, indexed.stderr
    assert not (library_folder / "catalog.db").exists()
    found = names(shared("search", "-p", "a cat"))
    assert (found[0], len(found)) == ("chelsea.png", 6)
    assert "catalog     postgresql://postgres:***@" in shared("status").stdout
    status = shared("status", "--verify")
    assert status.returncode == 0
    assert "problems    none" in status.stdout
    assert "6 described" in status.stdout
    assert shared("cluster", "fit", "--cells", 2).returncode == 0
    assert len(json.loads(shared("cluster", "list", "--json").stdout)) == 1

    elsewhere = tmp_path / "another machine"
    assert names(shared("search", "-p", "a cat", library=elsewhere)) == found
    (photos / "chelsea.png").unlink()
    again = json.loads(shared("index", "--json", library=elsewhere).stdout)
    assert (again["described"], again["removed"]) == (0, 1)
    assert "chelsea.png" not in names(shared("search", "-p", "a cat"))
    assert shared("status", "--verify").returncode == 0


def test_an_empty_database_is_told_and_left_empty(shared: Shared) -> None:
    for words in (["search", "a cat"], ["status"], ["index"]):
        refused = shared(*words)
        assert refused.returncode == 1
        assert "run `wordsight index FOLDER`" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert "postgresql://" in shared("status").stderr


def test_what_changes_clusters_is_alone(shared: Shared, url: str, photos: Path) -> None:
    assert shared("index", photos).returncode == 0
    catalog = Catalog(url)
    with catalog.run():
        refused = shared("cluster", "fit")
        assert refused.returncode == 1
        assert "another run is indexing into postgresql://" in refused.stderr
        assert shared("index", photos).returncode == 0
    with catalog.only_writer():
        refused = shared("index", photos)
        assert refused.returncode == 1
        assert "clusters of this library are being changed" in refused.stderr
    catalog.close()
    assert shared("cluster", "fit").returncode == 0


def test_a_server_that_is_away_is_told_in_a_line_without_the_password(wordsight: Run) -> None:
    away = wordsight("--catalog", "postgresql://ann:hush@127.0.0.1:1/photos", "search", "a cat")
    assert away.returncode == 1
    assert "Connection refused" in away.stderr
    assert "hush" not in away.stderr
    assert len(away.stderr.splitlines()) == 1


def test_a_library_is_moved_there_and_back(
    wordsight: Run, shared: Shared, url: str, sample_library: Path, tmp_path: Path
) -> None:
    copied = wordsight("catalog", "copy", sample_library, url)
    assert copied.returncode == 0, copied.stderr
    assert "rows copied to postgresql://" in copied.stdout
    found = names(shared("search", "-p", "a cat"))
    assert found == names(wordsight("search", "-p", "a cat", library=sample_library))
    assert shared("catalog", "check").stdout == "no problems\n"
    back = tmp_path / "back"
    assert wordsight("catalog", "copy", url, back).returncode == 0
    assert names(wordsight("search", "-p", "a cat", library=back)) == found
    again = wordsight("catalog", "copy", url, back)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    with sqlite3.connect(back / "catalog.db") as database:
        database.execute("DELETE FROM captions")
    checked = wordsight("catalog", "check", back)
    assert checked.returncode == 1
    assert "photos without exactly one caption" in checked.stdout
    assert "no catalog in" in wordsight("catalog", "check", tmp_path / "nowhere").stderr
