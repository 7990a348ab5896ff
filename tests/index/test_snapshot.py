"""Snapshots: written, opened again, and refused when damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres, write

from wordsight.errors import LibraryError
from wordsight.index import read_ahead
from wordsight.index import snapshot as snapshot_module
from wordsight.index.cells import FILES
from wordsight.index.nearest import nearest
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import FORMAT, IN_USE, Snapshot, checksum

PHOTOS, DIMENSION = 60, 24
ARRAYS = ("ids.npy", "fused.npy", "caption.npy", "shares.npy")
ALL = (*ARRAYS, *FILES)
QUERY = around_centres(1, DIMENSION, seed=1)[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshot")
    write(folder, around_centres(PHOTOS, DIMENSION))
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A snapshot with cells, to do with as one likes."""
    return Path(shutil.copytree(written, tmp_path / "snapshot"))


def tell(folder: Path, **told: object) -> None:
    """Change what the manifest says."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, **told}), encoding="utf-8")


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    """As it was given by what wrote it, checksums aside."""
    manifest = write(tmp_path, around_centres(PHOTOS, DIMENSION))
    read = Snapshot(tmp_path).manifest
    assert read.curve == manifest.curve is not None
    assert read.origin == manifest.origin
    assert (read.photos, read.dimension, read.format) == (PHOTOS, DIMENSION, FORMAT)
    assert read.cells == manifest.cells > 1
    assert read.probing == Probing(read.curve.chosen.first, read.curve.chosen.margin)


def test_checksums_and_sizes_are_those_of_all_files(folder: Path) -> None:
    manifest = Snapshot(folder).manifest
    assert set(manifest.files) == set(ALL)
    for name, told in manifest.files.items():
        assert told == checksum(folder / name)
        assert told.size == (folder / name).stat().st_size
    assert Snapshot(folder).damaged_files() == []


@pytest.mark.parametrize("name", ALL)
def test_a_changed_byte_is_found_by_its_checksum(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-10] ^= 0xFF
    (folder / name).write_bytes(bytes(data))
    assert Snapshot(folder).damaged_files() == [name]


def test_files_that_are_gone_are_damaged_too(folder: Path) -> None:
    snapshot = Snapshot(folder)
    for name in ALL[::3]:
        (folder / name).unlink()
    assert sorted(snapshot.damaged_files()) == sorted(ALL[::3])


@pytest.mark.parametrize("name", [*ALL, "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "emptied", "cut", "one byte short", "zeroed"])
def test_a_damaged_snapshot_is_refused_with_advice(folder: Path, name: str, damage: str) -> None:
    data = (folder / name).read_bytes()
    left = {
        "missing": None,
        "emptied": b"",
        "cut": data[: len(data) // 2],
        "one byte short": data[: -1 - data.endswith(b"\n")],
        "zeroed": bytes(len(data)),
    }[damage]
    if left is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(left)
    with pytest.raises(LibraryError, match=r"damaged .* run `wordsight index`"):
        Snapshot(folder)


@pytest.mark.parametrize("name", ALL)
def test_a_file_that_grew_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(LibraryError, match=rf"{name} has \d+ bytes, not \d+"):
        Snapshot(folder)


def test_opening_reads_no_content(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large library that would take seconds. What is cut off is told by its size."""

    def refuse(path: Path) -> None:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(snapshot_module, "checksum", refuse)
    for name in ARRAYS[1:]:
        data = bytearray((folder / name).read_bytes())
        data[200:] = b"\x11" * (len(data) - 200)
        (folder / name).write_bytes(bytes(data))
    assert len(Snapshot(folder).ids) == PHOTOS


UNFIT: dict[str, dict[str, object]] = {
    "an older format": {"format": FORMAT - 1},
    "a newer format": {"format": FORMAT + 1},
    "more photos": {"photos": PHOTOS + 1},
    "fewer dimensions": {"dimension": DIMENSION - 1},
    "something unheard of": {"unheard": "of"},
    "a curve that is a list": {"curve": []},
    "a curve of nothing": {"curve": {}},
    "a point of nothing": {"curve": {"points": [{}], "chosen": {}}},
    "files that are a list": {"files": []},
    "files without sizes": {"files": {"ids.npy": "0123"}},
    "a file that is not there": {"files": {"nothing.npy": {"size": 1, "sha256": ""}}},
    "an origin of nothing": {"origin": {}},
    "an origin that is none": {"origin": None},
}


@pytest.mark.parametrize("told", UNFIT.values(), ids=UNFIT)
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, told: dict[str, object]) -> None:
    tell(folder, **told)
    with pytest.raises(LibraryError, match="run `wordsight index`"):
        Snapshot(folder)


def test_another_format_is_told_by_its_number(folder: Path) -> None:
    tell(folder, format=1)
    with pytest.raises(LibraryError, match=f"another version of wordsight .format 1, not {FORMAT}"):
        Snapshot(folder)


@pytest.mark.parametrize("content", ["[]", "null", '"text"', "{}", "not json", "\xff\xfe"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content, encoding="latin-1")
    with pytest.raises(LibraryError, match="damaged"):
        Snapshot(folder)


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_another_shape_are_refused(folder: Path, name: str) -> None:
    array = np.load(folder / name)
    np.save(folder / name, array[:-1])
    files = {path: vars(checksum(folder / path)) for path in ALL}
    tell(folder, files=files)
    with pytest.raises(LibraryError, match="not of the shape"):
        Snapshot(folder)


def test_an_open_snapshot_outlives_its_files(folder: Path) -> None:
    """Newer ones may be published while a search goes on."""
    snapshot = Snapshot(folder)
    before = nearest(snapshot, QUERY, 10)
    shutil.rmtree(folder)
    rows, scores = nearest(snapshot, QUERY, 10)
    assert rows.tolist() == before[0].tolist()
    assert scores.tolist() == before[1].tolist()


def test_a_snapshot_that_is_not_published_opens_without_a_mark(folder: Path) -> None:
    snapshot = Snapshot(folder)
    assert not (folder / IN_USE).exists()
    snapshot.close()
    assert len(nearest(snapshot, QUERY, 10)[0]) == 10


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux tells")
@pytest.mark.parametrize("name", ["fused.npy", "cells.faiss"])
def test_parts_of_a_large_one_are_read_without_what_lies_around_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else a memory smaller than the file is full of what nobody needs."""
    expected = nearest(Snapshot(folder), QUERY, 10)[0]
    monkeypatch.setattr(read_ahead, "LARGE", 1)
    snapshot = Snapshot(folder)
    np.testing.assert_array_equal(nearest(snapshot, QUERY, 10)[0], expected)
    mapped = Path("/proc/self/smaps").read_text().split(str(folder / name))[1:]
    flags = [part[part.index("VmFlags:") :].split("\n")[0].split() for part in mapped]
    assert any("rr" in one for one in flags)
    snapshot.close()
