"""What is on the share is checked before it is used, and looked at again."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.functions.conftest import Start, search_path
from wordsight_azure.share import Share

from wordsight.errors import LibraryError
from wordsight.index.store import SnapshotStore
from wordsight.models.packaged import ModelSet
from wordsight.server.keys import Keys


def flip(path: Path) -> bytes:
    """Change a byte in the middle, and return what was there."""
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    return whole


@pytest.mark.parametrize("local", ["copied", ""])
@pytest.mark.parametrize("damaged", ["models/adapter.npy", "snapshots/000001/fused.npy"])
def test_a_damaged_file_is_named_and_mended(
    start: Start, key: str, share: Path, tmp_path: Path, damaged: str, local: str
) -> None:
    whole = flip(share / damaged)
    functions = start(WORDSIGHT_LOCAL=local and str(tmp_path / local))
    answer = functions.http(search_path("a cat"), key=key)
    assert answer.status_code == 503
    assert Path(damaged).name in json.loads(answer.get_body())["detail"]
    (share / damaged).write_bytes(whole)
    assert functions.http(search_path("a cat"), key=key).status_code == 200


def test_a_share_that_is_not_mounted_yet(start: Start, share: Path) -> None:
    aside = share.rename(share.with_name("aside"))
    functions = start()
    answer = functions.http("/api/v1/health")
    assert answer.status_code == 503
    assert "is not mounted" in json.loads(answer.get_body())["detail"]
    aside.rename(share)
    assert functions.http("/api/v1/health").status_code == 200


def test_a_new_snapshot_is_taken_and_a_damaged_one_is_not(share: Path, tmp_path: Path) -> None:
    copied = Share(share, tmp_path / "local")
    copied.library(database=True)
    ours = SnapshotStore(tmp_path / "local" / "snapshots")
    before = ours.current()
    copied.refresh()
    assert ours.current() == before  # nothing new
    theirs = SnapshotStore(share / "snapshots")
    published = theirs.publish(lambda aside: _copy(theirs.current(), aside))
    manifest = published / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    whole = flip(published / "fused.npy")
    with pytest.raises(LibraryError, match=r"fused\.npy"):
        copied.refresh()
    assert ours.current() == before
    (published / "fused.npy").write_bytes(whole)
    copied.refresh()
    current = ours.current()
    assert current != before
    assert current is not None
    assert (current / "manifest.json").read_bytes() == manifest.read_bytes()


def _copy(theirs: Path | None, aside: Path) -> None:
    assert theirs is not None
    shutil.copytree(theirs, aside, dirs_exist_ok=True)


def test_a_removed_key_ends(share: Path, tmp_path: Path) -> None:
    keys = Keys(share / "keys.json")
    keys.add("anna", "read")
    keys.add("ben", "read")
    copied = Share(share, tmp_path / "local")
    local = Keys(copied.library(database=True) / "keys.json")
    keys.remove("anna")
    copied.refresh()
    assert [key.name for key in local.all()] == ["ben"]
    (share / "keys.json").unlink()
    copied.refresh()
    assert local.all() == []


def test_processes_that_come_together_copy_in_turn(share: Path, tmp_path: Path) -> None:
    """Several workers of an instance start at once."""

    def start(_: int) -> Path:
        copied = Share(share, tmp_path / "local")
        copied.models()
        return copied.library(database=True)

    with ThreadPoolExecutor(6) as pool:
        folders = set(pool.map(start, range(6)))
    assert folders == {tmp_path / "local"}
    assert ModelSet(tmp_path / "local" / "models").damaged_files() == []
    assert len(list((tmp_path / "local" / "snapshots").glob("0*"))) == 1
