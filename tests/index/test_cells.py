"""Inverted cells against brute force, at a size where memory is really handed over to FAISS."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres, membership

from wordsight.index.cell_lists import write_cells
from wordsight.index.cells import FILES, Cells
from wordsight.index.clustering import Clustering, Membership, fit_clustering
from wordsight.index.ranking import Probing

PHOTOS = 5000
VECTORS = around_centres(PHOTOS, subjects=100, spread=0.5)
QUERIES = around_centres(300, subjects=100, spread=0.5, seed=1)
"""More than are searched at once."""

SOME = QUERIES[:40]


@pytest.fixture(scope="module")
def clustering() -> Clustering:
    return fit_clustering(VECTORS)


@pytest.fixture(scope="module")
def placed(clustering: Clustering) -> Membership:
    return membership(clustering, VECTORS)


@pytest.fixture(scope="module")
def folder(
    clustering: Clustering, placed: Membership, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Vectors are written in three parts that are not alike."""
    made = tmp_path_factory.mktemp("cells")
    chunks = np.split(VECTORS, [2000, 2001])
    write_cells(made, clustering, chunks, placed)
    return made


@pytest.fixture(scope="module")
def cells(folder: Path) -> Cells:
    return Cells(folder)


def reduced_scores(clustering: Clustering, queries: np.ndarray) -> np.ndarray:
    """Of all vectors, as far as the reduction tells."""
    return queries @ clustering.reduction.components.T @ clustering.reduction.apply(VECTORS).T


def members_of(placed: Membership, probed: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.isin(placed.cells, probed))


def highest_ranked(cells: Cells, query: np.ndarray, count: int) -> np.ndarray:
    return np.argsort(-cells.estimates(query[None])[0])[:count]


def test_the_files_are_those_that_are_told(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == set(FILES)


def test_cells_are_as_large_as_they_have_members(cells: Cells, placed: Membership) -> None:
    assert len(cells) == len(cells.sizes)
    assert cells.sizes.tolist() == np.bincount(placed.cells, minlength=len(cells)).tolist()


def test_all_cells_together_hold_every_vector_once(cells: Cells) -> None:
    rows, compared = cells.search(QUERIES[:2], 10, PHOTOS, Probing(len(cells)))
    assert compared.tolist() == [PHOTOS, PHOTOS]
    for found in rows:
        assert sorted(found.tolist()) == list(range(PHOTOS))


def test_probing_all_cells_agrees_with_brute_force(cells: Cells, clustering: Clustering) -> None:
    """Codes of eight bits may swap what is all but equal."""
    rows, _ = cells.search(QUERIES, 10, 100, Probing(len(cells)))
    scores = reduced_scores(clustering, QUERIES)
    best = np.argsort(-scores, axis=1)[:, :100]
    shared = [len(set(mine) & set(true)) for mine, true in zip(rows, best, strict=True)]
    assert np.mean(shared) > 98.5
    ten = [set(true[:10].tolist()) <= set(mine) for mine, true in zip(rows, best, strict=True)]
    assert all(ten)


def test_the_first_cells_are_those_with_the_best_estimates(
    cells: Cells, placed: Membership
) -> None:
    for probes in (1, 5, 40):
        rows, compared = cells.search(QUERIES[:20], 10, PHOTOS, Probing(probes))
        for query, found, count in zip(QUERIES, rows, compared, strict=False):
            expected = members_of(placed, highest_ranked(cells, query, probes))
            assert sorted(found[found >= 0].tolist()) == expected.tolist()
            assert count == len(expected)


def test_estimates_are_the_centroids_scores_and_how_far_members_spread(
    cells: Cells, clustering: Clustering, placed: Membership
) -> None:
    turned = QUERIES[:5] @ clustering.reduction.components.T
    rank = clustering.reduction.rank
    told = cells.estimates(QUERIES[:5])
    for cell in range(0, len(cells), 37):
        mine = placed.squared_distances[placed.cells == cell]
        deviation = np.sqrt(mine.mean() / rank)
        above = np.linalg.norm(turned, axis=1) * deviation * np.sqrt(2 * np.log(len(mine)))
        expected = turned @ clustering.centroids[cell] + above
        np.testing.assert_allclose(told[:, cell], expected, atol=1e-5)


def test_an_empty_cell_has_no_spread_and_does_no_harm(tmp_path: Path) -> None:
    vectors = around_centres(50)
    clustering = fit_clustering(vectors, cells=6)
    none_in_two = np.where(np.arange(50) % 6 == 2, 3, np.arange(50) % 6)
    write_cells(tmp_path, clustering, [vectors], Membership(none_in_two, np.ones(50, np.float32)))
    cells = Cells(tmp_path)
    assert cells.sizes[2] == 0
    assert np.isfinite(cells.estimates(QUERIES)).all()
    assert np.load(tmp_path / "centroids.npy")[2, -1] == 0
    rows, compared = cells.search(QUERIES[:5], 10, 50, Probing(6))
    assert (np.sort(rows, axis=1) == np.arange(50)).all()
    assert (compared == 50).all()


MARGINS = (-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5, 2.0)


def test_a_wider_margin_loses_nothing_and_compares_no_fewer(
    cells: Cells, clustering: Clustering
) -> None:
    truth = np.argsort(-reduced_scores(clustering, SOME), axis=1)[:, :10]

    def probe(probing: Probing) -> tuple[np.ndarray, np.ndarray]:
        """Which of the true ten are found, and how many are compared."""
        rows, compared = cells.search(SOME, 10, PHOTOS, probing)
        hits = [np.isin(true, mine) for true, mine in zip(truth, rows, strict=True)]
        return np.array(hits), compared

    found, counts = zip(*(probe(Probing(4, margin)) for margin in MARGINS), strict=True)
    for fewer, more in [*pairwise(found), *pairwise(counts)]:
        assert (more >= fewer).all()
    fixed, least = probe(Probing(4))  # the narrowest: no other cell comes near
    assert (found[0] == fixed).all()
    assert (counts[0] == least).all()
    assert counts[0].mean() < counts[4].mean() < counts[7].mean()
    assert found[-1].all()
    assert (counts[-1] == PHOTOS).all()


@pytest.mark.parametrize("wanted", [1, 10, 40])
def test_a_margin_is_measured_from_the_worst_result_wanted(
    cells: Cells, placed: Membership, wanted: int
) -> None:
    probing = Probing(8, 0.02)
    worst = cells.best(SOME, wanted, 8)
    rows, compared = cells.search(SOME, wanted, PHOTOS, probing)
    estimates = cells.estimates(SOME)
    for i in range(len(SOME)):
        reaching = np.flatnonzero(estimates[i] >= worst[i] - 0.02)
        probed = np.union1d(reaching, highest_ranked(cells, SOME[i], 8))
        expected = members_of(placed, probed)
        assert sorted(rows[i][rows[i] >= 0].tolist()) == expected.tolist()
        assert compared[i] == len(expected)


def test_the_best_candidates_of_both_rounds_are_kept(cells: Cells, clustering: Clustering) -> None:
    """As far as codes of eight bits tell."""
    scores = reduced_scores(clustering, SOME)
    few, _ = cells.search(SOME, 10, 30, Probing(2, 0.1))
    every, _ = cells.search(SOME, 10, PHOTOS, Probing(2, 0.1))
    for mine, kept, probed in zip(scores, few, every, strict=True):
        assert len(set(kept.tolist())) == 30
        best = np.sort(mine[probed[probed >= 0]])[-30:]
        np.testing.assert_allclose(np.sort(mine[kept]), best, atol=0.01)


@pytest.mark.parametrize("probing", [Probing(3), Probing(3, 0.05), Probing(10_000)], ids=str)
def test_what_is_excluded_is_left_out(cells: Cells, probing: Probing) -> None:
    excluded = np.arange(0, PHOTOS, 2)
    rows, _ = cells.search(QUERIES, 10, 200, probing, excluded)
    assert (rows[rows >= 0] % 2 == 1).all()
    everywhere, _ = cells.search(QUERIES[:3], 10, PHOTOS, Probing(len(cells)), excluded)
    for found in everywhere:
        assert sorted(found[found >= 0].tolist()) == list(range(1, PHOTOS, 2))


def test_where_the_first_cells_have_too_few_others_are_looked_into(cells: Cells) -> None:
    """What is excluded cannot be the worst result wanted."""
    query = QUERIES[:1]
    near, _ = cells.search(query, 10, PHOTOS, Probing(4))
    excluded = np.sort(near[near >= 0])
    rows, compared = cells.search(query, 10, 100, Probing(4, -0.5), excluded)
    assert (rows >= 0).all()
    assert compared[0] == PHOTOS


@pytest.mark.parametrize("probing", [Probing(1), Probing(1, 0.02)], ids=str)
def test_what_is_missing_is_marked(cells: Cells, probing: Probing) -> None:
    rows, compared = cells.search(QUERIES, 10, 300, probing)
    assert rows.shape == (len(QUERIES), 300)
    assert compared.min() < 300 < compared.max() or probing.margin is None
    for found, count in zip(rows, compared, strict=True):
        held = found[found >= 0]
        assert len(held) == len(set(held.tolist())) == min(300, int(count))
        assert set(found.tolist()) - set(held.tolist()) <= {-1}


@pytest.mark.parametrize("probing", [Probing(5), Probing(5, 0.03), Probing(10_000)], ids=str)
@pytest.mark.parametrize("excluded", [None, np.arange(100)], ids=["all", "some excluded"])
def test_many_queries_at_once_are_searched_as_one_by_one(
    cells: Cells, probing: Probing, excluded: np.ndarray | None
) -> None:
    rows, compared = cells.search(QUERIES, 10, 100, probing, excluded)
    for i in range(0, len(QUERIES), 7):
        alone, count = cells.search(QUERIES[i : i + 1], 10, 100, probing, excluded)
        assert sorted(alone[0].tolist()) == sorted(rows[i].tolist())
        assert count.tolist() == [compared[i]]
    assert [len(part) for part in cells.search(QUERIES[:0], 10, 100, probing)] == [0, 0]
