"""Generations of snapshots: the current one is whole, whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from wordsight.index import store as store_module
from wordsight.index.snapshot import IN_USE, is_in_use
from wordsight.index.store import SnapshotStore


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "snapshots")


def publish(store: SnapshotStore, content: str) -> Path:
    return store.publish(lambda folder: put(folder, content))


def put(folder: Path, content: str) -> None:
    (folder / "content").write_text(content, encoding="utf-8")


def current_content(store: SnapshotStore) -> str:
    current = store.current()
    assert current is not None
    return (current / "content").read_text(encoding="utf-8")


def test_before_the_first_there_is_no_snapshot(store: SnapshotStore) -> None:
    assert store.current() is None


def test_what_was_published_is_current(store: SnapshotStore) -> None:
    assert publish(store, "first") == store.current()
    assert current_content(store) == "first"
    assert publish(store, "second") == store.current()
    assert current_content(store) == "second"
    assert current_content(SnapshotStore(store.root)) == "second"


def test_a_snapshot_that_fails_half_way_leaves_the_one_before(store: SnapshotStore) -> None:
    publish(store, "whole")

    def fail(folder: Path) -> None:
        put(folder, "half")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        store.publish(fail)
    assert current_content(store) == "whole"
    publish(store, "next")
    assert current_content(store) == "next"
    assert list(store.root.glob("*.part")) == []


def test_nothing_is_current_before_it_is_whole(store: SnapshotStore) -> None:
    publish(store, "old")
    seen = []

    def look(folder: Path) -> None:
        put(folder, "new")
        seen.append(current_content(store))

    store.publish(look)
    assert seen == ["old"]


def test_leftovers_of_a_killed_run_are_cleared(store: SnapshotStore) -> None:
    publish(store, "first")
    leftover = store.root / "000002.part"
    (leftover / "deep").mkdir(parents=True)
    (leftover / "deep" / "fused.npy").write_bytes(b"half")
    (store.root / "CURRENT.part").write_text("0000", encoding="ascii")
    publish(store, "second")
    assert current_content(store) == "second"
    assert sorted(path.name for path in store.root.iterdir()) == ["000001", "000002", "CURRENT"]
    assert {path.name for path in (store.root / "000002").iterdir()} == {"content", IN_USE}


def test_a_run_killed_just_before_the_switch_is_passed_over(store: SnapshotStore) -> None:
    publish(store, "first")
    put_aside = store.root / "000002"  # renamed, but never made current
    put_aside.mkdir()
    assert current_content(store) == "first"
    assert publish(store, "third").name == "000003"
    assert current_content(store) == "third"


def test_the_last_two_generations_are_kept(store: SnapshotStore) -> None:
    for i in range(12):
        publish(store, f"{i}")
        opened = store.current()
        assert opened is not None
        publish(store, f"{i} again")
        assert (opened / "content").exists()  # for searches that still have it open
    assert sorted(path.name for path in store.root.iterdir()) == ["000023", "000024", "CURRENT"]


def test_all_is_on_the_disk_before_it_is_current(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a power cut could leave a current snapshot of empty files."""
    publish(store, "first")
    done: list[tuple[str, str]] = []
    sync, replace = store_module._sync, Path.replace

    def note_sync(path: Path) -> None:
        sync(path)
        done.append(("synced", path.name))

    def note_replace(path: Path, target: Path) -> Path:
        done.append(("current", target.name))
        return replace(path, target)

    monkeypatch.setattr(store_module, "_sync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    publish(store, "second")
    switched = done.index(("current", "CURRENT"))
    before, after = done[:switched], done[switched + 1 :]
    assert {name for _, name in before} == {"content", IN_USE, "000002.part", "CURRENT.part"}
    assert after == [("synced", "snapshots")]


def test_a_snapshot_that_nobody_opened_is_not_in_use(store: SnapshotStore) -> None:
    published = publish(store, "first")
    assert not is_in_use(published)
    assert not is_in_use(store.root / "000099")
    assert not (store.root / "000099").exists()
