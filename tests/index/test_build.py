"""Filling a snapshot's folder, some photos at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import ORIGIN, around_centres, photos, write

from wordsight.index import build as build_module
from wordsight.index import chunks as chunks_module
from wordsight.index.build import (
    EXACT_BELOW,
    Membership,
    SnapshotBuilder,
    SnapshotVectors,
    probe_queries,
)
from wordsight.index.cells import FILES
from wordsight.index.clustering import fit_clustering
from wordsight.index.nearest import nearest
from wordsight.index.snapshot import Snapshot

PHOTOS, DIMENSION = 600, 24
FUSED = around_centres(PHOTOS, DIMENSION)
QUERIES = around_centres(20, DIMENSION, seed=1)


def rows_of(vectors: SnapshotVectors, start: int, stop: int) -> SnapshotVectors:
    return SnapshotVectors(*(getattr(vectors, name)[start:stop] for name in vars(vectors)))


@pytest.mark.parametrize("exact_below", [1, PHOTOS + 1], ids=["cells", "exact"])
@pytest.mark.parametrize("borders", [(), (1,), (599,), (200, 200, 400)], ids=str)
def test_a_snapshot_holds_what_was_added_in_whatever_parts(
    tmp_path: Path, exact_below: int, borders: tuple[int, ...]
) -> None:
    vectors = photos(FUSED)
    builder = SnapshotBuilder(tmp_path, PHOTOS, DIMENSION, exact_below)
    for start, stop in zip((0, *borders), (*borders, PHOTOS), strict=True):
        builder.add(rows_of(vectors, start, stop))
    clustering = fit_clustering(builder.fused)
    builder.finish(ORIGIN, clustering, builder.assign(clustering), QUERIES)
    snapshot = Snapshot(tmp_path)
    np.testing.assert_array_equal(snapshot.ids, vectors.ids)
    np.testing.assert_array_equal(snapshot.fused, vectors.fused)
    expected = vectors.caption @ QUERIES[0]
    np.testing.assert_allclose(snapshot.caption_cosines(QUERIES[0]), expected, atol=1e-3)
    some = np.array([3, 77, 5])
    np.testing.assert_allclose(
        snapshot.caption_cosines(QUERIES[0], some), expected[some], atol=1e-3
    )
    a, b = snapshot.shares.T[:2, :, None]
    np.testing.assert_allclose(a * vectors.caption + b * vectors.picture, vectors.fused, atol=1e-6)
    types = [array.dtype for array in (snapshot.fused, snapshot.caption, snapshot.shares)]
    assert types == [np.float32, np.float16, np.float32]
    assert snapshot.manifest.origin == ORIGIN
    assert (snapshot.manifest.photos, snapshot.manifest.dimension) == (PHOTOS, DIMENSION)
    assert snapshot.damaged_files() == []


def test_of_many_photos_halves_are_searched_and_captions_are_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_module, "HALVES_FROM", PHOTOS)
    for count in (PHOTOS - 1, PHOTOS):
        (tmp_path / str(count)).mkdir()
        write(tmp_path / str(count), FUSED[:count], QUERIES)
        snapshot = Snapshot(tmp_path / str(count))
        halves = np.float16 if count == PHOTOS else np.float32
        assert snapshot.fused.dtype == halves
        np.testing.assert_array_equal(snapshot.fused, FUSED[:count].astype(halves))
        assert snapshot.caption.dtype == (np.int8 if count == PHOTOS else np.float16)
        said = photos(FUSED[:count]).caption @ QUERIES[0]
        np.testing.assert_allclose(snapshot.caption_cosines(QUERIES[0]), said, atol=5e-3)
        assert snapshot.manifest.curve is not None
        assert snapshot.manifest.curve.all_cells == 1
        rows, scores = nearest(snapshot, QUERIES[0], 10)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, FUSED[rows] @ QUERIES[0], atol=1e-3)


@pytest.mark.parametrize(("count", "exact"), [(59, True), (60, False), (61, False)])
def test_small_libraries_are_searched_exactly(tmp_path: Path, count: int, exact: bool) -> None:
    write(tmp_path, FUSED[:count], QUERIES, exact_below=60)
    snapshot = Snapshot(tmp_path)
    assert (snapshot.manifest.probing is None) == (snapshot.cells is None) == exact
    assert (snapshot.manifest.curve is None) == (snapshot.manifest.cells == 0) == exact
    for name in FILES:
        assert (tmp_path / name).exists() != exact


def test_ten_thousand_photos_are_the_border_by_default(tmp_path: Path) -> None:
    assert EXACT_BELOW == 10_000
    for count in (9_999, 10_000):
        (tmp_path / str(count)).mkdir()
        builder = SnapshotBuilder(tmp_path / str(count), count, 2)
        assert builder.has_cells == (count == 10_000)


@pytest.mark.parametrize("exact_below", [0, 1, 100])
def test_a_library_without_photos_has_a_snapshot_that_finds_nothing(
    tmp_path: Path, exact_below: int
) -> None:
    write(tmp_path, FUSED[:0], exact_below=exact_below)
    snapshot = Snapshot(tmp_path)
    assert (snapshot.manifest.photos, snapshot.manifest.dimension) == (0, DIMENSION)
    assert (snapshot.manifest.cells, snapshot.manifest.probing) == (0, None)
    assert [len(part) for part in nearest(snapshot, QUERIES[0], 10)] == [0, 0]
    builder = SnapshotBuilder(tmp_path, 0, DIMENSION)
    none = builder.assign(fit_clustering(FUSED))
    for one, other in zip(vars(none).values(), vars(Membership.of_none()).values(), strict=True):
        assert one.dtype == other.dtype
        assert len(one) == len(other) == 0


def test_photos_are_assigned_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clustering = fit_clustering(FUSED)
    builder = SnapshotBuilder(tmp_path, PHOTOS, DIMENSION, 1)
    builder.add(photos(FUSED))
    whole = clustering.assign(np.asarray(builder.fused, np.float32))
    monkeypatch.setattr(chunks_module, "_ROWS", 250)
    membership = builder.assign(clustering)
    assert membership.cells.tolist() == whole[0].tolist()
    np.testing.assert_allclose(membership.squared_distances, whole[1], atol=1e-5)


def test_the_borders_of_the_chunks_cost_no_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes are trained on the first of them only."""
    monkeypatch.setattr(chunks_module, "_ROWS", 130)
    manifest = write(tmp_path, FUSED, QUERIES)
    assert manifest.curve is not None
    assert manifest.curve.all_cells == 1
    assert Snapshot(tmp_path).cells is not None


def test_finishing_again_with_other_cells_leaves_only_those(tmp_path: Path) -> None:
    """As when the present cells turn out to serve badly."""
    builder = SnapshotBuilder(tmp_path, PHOTOS, DIMENSION, 1)
    builder.add(photos(FUSED))
    for cells in (30, 20):
        clustering = fit_clustering(builder.fused, QUERIES, cells=cells)
        builder.finish(ORIGIN, clustering, builder.assign(clustering), QUERIES)
    snapshot = Snapshot(tmp_path)
    assert snapshot.manifest.cells == 20
    assert snapshot.damaged_files() == []
    assert snapshot.cells is not None
    assert snapshot.cells.sizes.sum() == PHOTOS


def test_there_are_held_out_queries_to_choose_probes_on() -> None:
    queries = probe_queries()
    assert len(queries) == len(set(queries)) == 500
    assert all(line == line.strip() and not line.startswith("#") for line in queries)
