"""Cells that many threads search at once, cells out of any chunks, and cells that are damaged."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres, membership

from wordsight.index.cell_lists import write_cells
from wordsight.index.cells import FILES, Cells
from wordsight.index.clustering import Clustering, fit_clustering
from wordsight.index.ranking import Probing

PHOTOS = 2500
VECTORS = around_centres(PHOTOS)
QUERIES = around_centres(16, seed=1)


@pytest.fixture(scope="module")
def clustering() -> Clustering:
    return fit_clustering(VECTORS)


def write(folder: Path, clustering: Clustering, *borders: int) -> Path:
    placed = membership(clustering, VECTORS)
    chunks = np.split(VECTORS, borders)
    write_cells(folder, clustering, chunks, placed)
    return folder


@pytest.fixture
def folder(tmp_path: Path, clustering: Clustering) -> Path:
    return write(tmp_path, clustering)


def test_many_threads_search_the_same_cells_and_agree(folder: Path) -> None:
    """Each with a probing and an exclusion of its own, which FAISS must not mix up."""
    cells = Cells(folder)
    ways = [
        (Probing(first, margin), np.arange(start, PHOTOS, 3) if start < 3 else None)
        for first in (1, 4, 30)
        for margin in (None, 0.05)
        for start in range(4)
    ]
    alone = [cells.search(QUERIES, 10, 100, *way) for way in ways]
    together = threading.Barrier(8)

    def search(worker: int) -> None:
        together.wait()
        for turn in range(2 * len(ways)):
            place = (turn * 5 + worker * 3) % len(ways)
            rows, compared = cells.search(QUERIES, 10, 100, *ways[place])
            assert np.array_equal(rows, alone[place][0])
            assert np.array_equal(compared, alone[place][1])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(search, range(8)))


@pytest.mark.parametrize("borders", [(1,), (1249,), (500, 500, 2499)], ids=str)
def test_chunks_leave_no_trace_but_in_the_codes(
    tmp_path: Path, clustering: Clustering, borders: tuple[int, ...]
) -> None:
    """Codes are trained on the first chunk, so only what is in which cell must be the same."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = Cells(write(tmp_path / "whole", clustering))
    parts = Cells(write(tmp_path / "parts", clustering, *borders))
    assert parts.sizes.tolist() == whole.sizes.tolist()
    for probes in (1, 7):
        rows, _ = whole.search(QUERIES, 10, PHOTOS, Probing(probes))
        same, _ = parts.search(QUERIES, 10, PHOTOS, Probing(probes))
        assert np.array_equal(np.sort(rows, axis=1), np.sort(same, axis=1))


def test_the_same_cells_are_written_again(tmp_path: Path, clustering: Clustering) -> None:
    (tmp_path / "again").mkdir()
    write(tmp_path, clustering)
    write(tmp_path / "again", clustering)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "emptied", "junk"])
def test_files_that_are_none_are_refused(folder: Path, name: str, damage: str) -> None:
    if damage == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(b"" if damage == "emptied" else b"junk" * 100)
    with pytest.raises((EOFError, OSError, ValueError, RuntimeError)):
        Cells(folder)


def test_files_of_other_cells_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(other, fit_clustering(VECTORS, cells=9))
    for name in ("centroids.npy", "sizes.npy"):
        mine = (folder / name).read_bytes()
        (folder / name).write_bytes((other / name).read_bytes())
        with pytest.raises(ValueError, match="do not belong together"):
            Cells(folder)
        (folder / name).write_bytes(mine)
    assert len(Cells(folder)) == len(fit_clustering(VECTORS).centroids)


def test_cells_stay_searchable_when_their_files_are_removed(folder: Path) -> None:
    """As a snapshot's files are, once there are newer ones."""
    cells = Cells(folder)
    before = cells.search(QUERIES, 10, 100, Probing(4, 0.05))[0]
    for name in FILES:
        (folder / name).unlink()
    assert np.array_equal(cells.search(QUERIES, 10, 100, Probing(4, 0.05))[0], before)
