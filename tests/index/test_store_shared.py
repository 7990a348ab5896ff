"""Snapshots that others publish, hold open and drop meanwhile: in real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres, write

from wordsight.errors import LibraryError
from wordsight.index import store as store_module
from wordsight.index.snapshot import Snapshot, is_in_use
from wordsight.index.store import SnapshotStore

HOLD = """
import sys
from pathlib import Path
import numpy as np
from wordsight.index.store import SnapshotStore
snapshot = SnapshotStore(Path(sys.argv[1])).open()
print(snapshot.folder.name, flush=True)
for told in sys.stdin:
    if told.strip() == "close":
        snapshot.close()
    print(float(np.asarray(snapshot.fused, np.float64).sum()), flush=True)
"""
"""Opens the current snapshot, and adds up its vectors whenever it is told a line."""

FOLLOW = """
import sys
from pathlib import Path
import numpy as np
from wordsight.index.store import SnapshotStore
store, seen = SnapshotStore(Path(sys.argv[1])), set()
print("ready", flush=True)
while sys.argv[2] not in seen:
    snapshot = store.open()
    generation = int(snapshot.folder.name)
    assert len(snapshot.ids) == generation, snapshot.folder
    assert np.isfinite(np.asarray(snapshot.fused)).all()
    assert snapshot.damaged_files() == [] or store.open().folder != snapshot.folder
    seen.add(snapshot.folder.name)
    snapshot.close()
print("followed", flush=True)
"""
"""Opens whatever is current until it is the given one; each has as many photos as its number."""


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "snapshots")


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes of a test; what is left of them at its end is ended."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def publish(store: SnapshotStore, times: int = 1) -> Path:
    """Generation n has n photos."""
    for _ in range(times):
        count = store._newest() + 1 if store.root.exists() else 1
        exact = count + 1
        store.publish(lambda folder, n=count, e=exact: write(folder, photos(n), exact_below=e))
    current = store.current()
    assert current is not None
    return current


def photos(count: int) -> np.ndarray:
    return around_centres(count, 8, seed=count)


def start(store: SnapshotStore, script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(store.root), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str], line: str = "") -> str:
    """What a process says next, once it is told a line."""
    assert process.stdin is not None
    assert process.stdout is not None
    if line:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    return process.stdout.readline().strip()


def generations(store: SnapshotStore) -> list[int]:
    return [int(path.name) for path in store._generations()]


def test_a_snapshot_stays_as_long_as_any_process_has_it_open(
    store: SnapshotStore, started: list[subprocess.Popen[str]]
) -> None:
    first = publish(store)
    for _ in range(2):
        started.append(start(store, HOLD))
    assert [told(process) for process in started] == [first.name, first.name]
    assert is_in_use(first)
    publish(store, 4)
    assert generations(store) == [1, 4, 5]
    content = float(np.asarray(photos(1), np.float64).sum())
    assert [float(told(process, "look")) for process in started] == [pytest.approx(content)] * 2
    started[0].communicate()  # closes its input, so that it ends
    publish(store)
    assert generations(store) == [1, 5, 6]
    started[1].send_signal(signal.SIGKILL)
    started[1].wait()
    assert not is_in_use(first)
    publish(store)
    assert generations(store) == [6, 7]


def test_a_closed_snapshot_may_go_and_can_still_be_read(
    store: SnapshotStore, started: list[subprocess.Popen[str]]
) -> None:
    first = publish(store)
    started.append(start(store, HOLD))
    assert told(started[0]) == first.name
    before = told(started[0], "close")
    publish(store, 2)
    assert generations(store) == [2, 3]
    assert told(started[0], "look") == before


def test_a_snapshot_is_let_go_with_the_object(store: SnapshotStore) -> None:
    first = publish(store)
    snapshot = store.open()
    other = store.open()
    assert snapshot is not None
    assert is_in_use(first)
    snapshot.close()
    assert is_in_use(first)
    del other
    assert not is_in_use(first)


def test_whoever_opens_meanwhile_always_gets_a_whole_snapshot(
    store: SnapshotStore, started: list[subprocess.Popen[str]]
) -> None:
    publish(store)
    last = 12
    for _ in range(2):
        started.append(start(store, FOLLOW, f"{last:06d}"))
    assert [told(process) for process in started] == ["ready", "ready"]
    publish(store, last - 1)
    assert [told(process) for process in started] == ["followed", "followed"]
    assert [process.wait() for process in started] == [0, 0]
    publish(store)
    assert generations(store) == [last, last + 1]


def test_opening_goes_on_to_a_newer_one_when_its_own_is_dropped(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store)
    tried: list[str] = []

    def overtaken(folder: Path) -> Snapshot:
        tried.append(folder.name)
        if len(tried) < 3:
            publish(SnapshotStore(store.root), 3)
        return Snapshot(folder)

    monkeypatch.setattr(store_module, "Snapshot", overtaken)
    opened = store.open()
    assert opened is not None
    assert tried == ["000001", "000004", "000007"]
    assert opened.folder.name == "000007"


def test_opening_gives_up_where_it_is_always_overtaken(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store)

    def overtaken(folder: Path) -> Snapshot:
        publish(SnapshotStore(store.root), 2)
        return Snapshot(folder)

    monkeypatch.setattr(store_module, "Snapshot", overtaken)
    with pytest.raises(LibraryError, match="faster than one can be opened"):
        store.open()


def test_a_damaged_current_one_is_told_at_once(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (publish(store) / "ids.npy").unlink()
    tried: list[Path] = []

    def count(folder: Path) -> Snapshot:
        tried.append(folder)
        return Snapshot(folder)

    monkeypatch.setattr(store_module, "Snapshot", count)
    with pytest.raises(LibraryError, match="damaged"):
        store.open()
    assert len(tried) == 1


def test_before_the_first_there_is_none_to_open(store: SnapshotStore) -> None:
    assert store.open() is None
