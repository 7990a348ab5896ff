"""Inverted cells at a size where memory is really handed over to FAISS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wordsight.index.cells import Cells, write_cells
from wordsight.index.clustering import Clustering, fit_clustering

PHOTOS, DIMENSION = 20_000, 64


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Unit vectors in loose groups."""
    rng = np.random.default_rng(1)
    groups = rng.normal(size=(200, DIMENSION))
    made = groups[rng.integers(200, size=PHOTOS)] + 0.7 * rng.normal(size=(PHOTOS, DIMENSION))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def clustering(vectors: np.ndarray) -> Clustering:
    return fit_clustering(vectors)


@pytest.fixture(scope="module")
def cells(
    vectors: np.ndarray, clustering: Clustering, tmp_path_factory: pytest.TempPathFactory
) -> Cells:
    path = tmp_path_factory.mktemp("cells") / "cells.faiss"
    write_cells(path, vectors, clustering)
    return Cells(path)


def test_all_cells_together_hold_every_vector_once(
    vectors: np.ndarray, clustering: Clustering, cells: Cells
) -> None:
    found = cells.search(vectors[:1], PHOTOS, len(clustering.centroids))[0]
    assert sorted(found) == list(range(PHOTOS))


def test_a_vector_is_found_in_the_cell_nearest_to_it(vectors: np.ndarray, cells: Cells) -> None:
    """The cells hold what belongs there: a probe or two already finds most vectors themselves."""
    found = cells.search(vectors[:500], 1, 2)[:, 0]
    assert (found == np.arange(500)).mean() > 0.95


def test_a_large_exclusion_is_honoured_in_the_search(vectors: np.ndarray, cells: Cells) -> None:
    excluded = np.arange(0, PHOTOS, 2)
    found = cells.search(vectors[:200], 50, 32, excluded)
    assert (found[found >= 0] % 2 == 1).all()
    assert (found >= 0).all()


def test_the_share_compared_grows_with_the_probes_up_to_all(
    vectors: np.ndarray, clustering: Clustering, cells: Cells
) -> None:
    count = len(clustering.centroids)
    shares = [cells.compared(vectors[:50], n).mean() for n in (1, 8, count)]
    assert shares[0] < shares[1] < shares[2] == pytest.approx(1)


def test_clustering_is_the_same_again(vectors: np.ndarray, clustering: Clustering) -> None:
    again = fit_clustering(vectors)
    assert np.array_equal(again.cells, clustering.cells)
    assert np.array_equal(again.centroids, clustering.centroids)


def test_a_file_that_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cells.faiss").write_bytes(b"junk")
    with pytest.raises(RuntimeError):
        Cells(tmp_path / "cells.faiss")
