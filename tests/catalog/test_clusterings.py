"""Clusterings as they are stored."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.catalog.steps import describe, findable, list_folder

from wordsight.catalog import Catalog
from wordsight.catalog.clusterings import CellRow, ClusteringRow


@pytest.fixture
def photo_ids(catalog: Catalog) -> list[int]:
    names = {f"f{i}": f"photo {i}" for i in range(6)}
    list_folder(catalog, names)
    describe(catalog, **names)
    return findable(catalog)


def clustering(ids: list[int], cells: list[int], count: int = 3) -> ClusteringRow:
    random = np.random.default_rng(len(ids))
    return ClusteringRow(
        method="pca+kmeans",
        parameters={"kept_variance": 0.95, "cells": count},
        explained_variance=0.9625,
        mean=random.normal(size=8).astype(np.float32),
        components=random.normal(size=(2, 8)).astype(np.float32),
        centroids=random.normal(size=(count, 2)).astype(np.float32),
        ids=np.array(ids, np.int64),
        cells=np.array(cells, np.int64),
    )


def assert_same(stored: ClusteringRow | None, given: ClusteringRow) -> None:
    assert stored is not None
    for field in dataclasses.fields(ClusteringRow):
        one, other = getattr(stored, field.name), getattr(given, field.name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        else:
            assert one == other


def test_the_active_clustering_comes_back_as_it_was(catalog: Catalog, photo_ids: list[int]) -> None:
    row = clustering(photo_ids, [2, 0, 2, 2, 0, 0])
    catalog.clusterings.activate(row)
    assert_same(catalog.clusterings.active(), row)


def test_cells_come_with_their_sizes_largest_first(catalog: Catalog, photo_ids: list[int]) -> None:
    catalog.clusterings.activate(clustering(photo_ids, [2, 0, 2, 2, 0, 3], count=4))
    assert catalog.clusterings.cells() == [
        CellRow(2, 3),
        CellRow(0, 2),
        CellRow(3, 1),
        CellRow(1, 0),
    ]


def test_a_new_clustering_takes_the_place_of_the_old(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    catalog.clusterings.activate(clustering(photo_ids, [0, 1, 2, 0, 1, 2]))
    newer = clustering(photo_ids[:4], [0, 0, 1, 1], count=2)
    catalog.clusterings.activate(newer)
    assert_same(catalog.clusterings.active(), newer)
    assert catalog.clusterings.cells() == [CellRow(0, 2), CellRow(1, 2)]


def test_a_clustering_that_cannot_be_stored_leaves_the_old_one(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    row = clustering(photo_ids, [0, 1, 2, 0, 1, 2])
    catalog.clusterings.activate(row)
    with pytest.raises(ValueError, match="zip"):
        catalog.clusterings.activate(clustering(photo_ids, [0, 1]))
    assert_same(catalog.clusterings.active(), row)


def test_clustering_changes_nothing_that_is_findable(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    before = catalog.descriptions.version()
    catalog.clusterings.activate(clustering(photo_ids, [0] * 6))
    assert catalog.descriptions.version() == before
