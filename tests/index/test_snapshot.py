"""Snapshots: written, opened again, and refused when damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from wordsight.errors import LibraryError
from wordsight.index.build import SnapshotVectors, probe_queries, write_snapshot
from wordsight.index.clustering import fit_clustering
from wordsight.index.nearest import nearest
from wordsight.index.snapshot import Origin, Snapshot
from wordsight.index.store import SnapshotStore

DIMENSION = 24
ORIGIN = Origin("catalog-1", "models-1", 42)
ARRAYS = ["ids.npy", "fused.npy", "caption.npy", "picture.npy"]


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def write(folder: Path, photos: int = 60, exact_below: int = 1) -> SnapshotVectors:
    fused = unit_vectors(photos)
    vectors = SnapshotVectors(
        ids=np.arange(photos, dtype=np.int64) * 3 + 5,
        fused=fused,
        caption=unit_vectors(photos, seed=1),
        picture=unit_vectors(photos, seed=2),
    )
    clustering = fit_clustering(fused) if photos else None
    queries = unit_vectors(5, seed=3)
    write_snapshot(folder, vectors, clustering, lambda: queries, ORIGIN, exact_below)
    return vectors


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshot")
    write(folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A snapshot with cells, to do with as one likes."""
    return Path(shutil.copytree(written, tmp_path / "snapshot"))


def test_a_published_snapshot_holds_what_was_written(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "snapshots")
    written: list[SnapshotVectors] = []
    store.publish(lambda folder: written.append(write(folder)))
    current = store.current()
    assert current is not None
    snapshot, (vectors,) = Snapshot(current), written
    manifest = snapshot.manifest
    assert manifest.origin == ORIGIN
    assert (manifest.photos, manifest.dimension) == (60, DIMENSION)
    np.testing.assert_array_equal(snapshot.ids, vectors.ids)
    np.testing.assert_array_equal(snapshot.fused, vectors.fused)
    np.testing.assert_allclose(snapshot.caption, vectors.caption, atol=1e-3)
    np.testing.assert_allclose(snapshot.picture, vectors.picture, atol=1e-3)
    assert (snapshot.caption.dtype, snapshot.picture.dtype) == (np.float16, np.float16)
    assert snapshot.damaged_files() == []


def test_a_large_library_is_searched_by_as_many_probes_as_its_curve_asks(folder: Path) -> None:
    manifest = Snapshot(folder).manifest
    assert manifest.cells > 1
    assert manifest.curve
    assert manifest.nprobe == manifest.curve[-1].nprobe
    assert set(manifest.checksums) == {*ARRAYS, "cells.faiss"}


def test_without_queries_to_choose_on_all_cells_are_probed(tmp_path: Path) -> None:
    fused = unit_vectors(60)
    vectors = SnapshotVectors(np.arange(60), fused, fused, fused)
    nothing = np.empty((0, DIMENSION), np.float32)
    write_snapshot(tmp_path, vectors, fit_clustering(fused), lambda: nothing, ORIGIN, exact_below=1)
    manifest = Snapshot(tmp_path).manifest
    assert (manifest.nprobe, manifest.curve) == (manifest.cells, ())


@pytest.mark.parametrize(("photos", "exact"), [(59, True), (60, False)])
def test_small_libraries_are_searched_exactly(tmp_path: Path, photos: int, exact: bool) -> None:
    write(tmp_path, photos, exact_below=60)
    snapshot = Snapshot(tmp_path)
    assert (snapshot.manifest.nprobe == 0) == (snapshot.cells is None) == exact
    assert (tmp_path / "cells.faiss").exists() != exact


def test_a_library_without_photos_has_a_snapshot_that_finds_nothing(tmp_path: Path) -> None:
    write(tmp_path, photos=0)
    snapshot = Snapshot(tmp_path)
    assert (snapshot.manifest.photos, snapshot.manifest.dimension) == (0, DIMENSION)
    assert (snapshot.manifest.cells, snapshot.manifest.nprobe) == (0, 0)
    rows, scores = nearest(snapshot, unit_vectors(1)[0], 10)
    assert (len(rows), len(scores)) == (0, 0)


def test_one_photo_is_found_among_its_cells(tmp_path: Path) -> None:
    vectors = write(tmp_path, photos=1)
    rows, scores = nearest(Snapshot(tmp_path), vectors.fused[0], 10)
    assert rows.tolist() == [0]
    assert scores[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", [*ARRAYS, "cells.faiss"])
def test_a_changed_byte_is_found_by_its_checksum(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-10] ^= 0xFF
    (folder / name).write_bytes(bytes(data))
    assert Snapshot(folder).damaged_files() == [name]


@pytest.mark.parametrize("name", [*ARRAYS, "cells.faiss", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "emptied", "cut", "zeroed"])
def test_a_damaged_snapshot_is_refused_with_advice(folder: Path, name: str, damage: str) -> None:
    data = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        left = {"emptied": b"", "cut": data[: len(data) // 2], "zeroed": bytes(len(data))}
        (folder / name).write_bytes(left[damage])
    with pytest.raises(LibraryError, match="wordsight index"):
        Snapshot(folder)


@pytest.mark.parametrize(
    "told",
    [
        {"format": 2},
        {"photos": 61},
        {"dimension": 23},
        {"unheard": "of"},
        {"curve": None},
        {"curve": [{}]},
        {"curve": [{"nprobe": 1}]},
    ],
    ids=str,
)
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, told: dict[str, object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, **told}), encoding="utf-8")
    with pytest.raises(LibraryError, match="wordsight index"):
        Snapshot(folder)


@pytest.mark.parametrize("content", ["[]", "null", '"text"', "{}", "not json"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(LibraryError, match="damaged"):
        Snapshot(folder)


def test_there_are_queries_to_choose_probes_on() -> None:
    queries = probe_queries()
    assert len(queries) == len(set(queries)) >= 50
    assert all(line == line.strip() and not line.startswith("#") for line in queries)
