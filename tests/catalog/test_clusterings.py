"""Clusterings as they are stored, side by side, one of them active."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select
from tests.catalog.steps import (
    MODELS,
    assert_sizes_are_right,
    cells_of,
    clustering_row,
    describe,
    findable,
    list_folder,
    members,
)

from wordsight.catalog import Catalog
from wordsight.catalog.clustering_rows import CellRow, ClusteringHead, ClusteringRow
from wordsight.catalog.memberships import Members
from wordsight.catalog.schema import centroids, components, memberships
from wordsight.errors import LibraryError

NOBODY = Members.of_none()


@pytest.fixture
def photo_ids(catalog: Catalog) -> list[int]:
    names = {f"f{i}": f"photo {i}" for i in range(6)}
    list_folder(catalog, names)
    describe(catalog, **names)
    return findable(catalog)


def in_cells(ids: list[int], *cells: int) -> Members:
    return members(dict(zip(ids, cells, strict=True)))


def assert_same(stored: ClusteringRow | None, given: ClusteringRow) -> None:
    assert stored is not None
    for field in dataclasses.fields(ClusteringRow):
        one, other = getattr(stored, field.name), getattr(given, field.name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        else:
            assert one == other


def active_ids(catalog: Catalog) -> list[int]:
    return [head.id for head in catalog.clusterings.heads() if head.active]


def test_a_clustering_comes_back_as_it_was(catalog: Catalog, photo_ids: list[int]) -> None:
    row = clustering_row(cells=3)
    clustering_id = catalog.clusterings.add(row, in_cells(photo_ids, 2, 0, 2, 2, 0, 0))
    assert_same(catalog.clusterings.load(clustering_id), row)
    active = catalog.clusterings.active(MODELS)
    assert active is not None
    assert active[0] == clustering_id
    assert_same(active[1], row)


def test_an_unknown_clustering_is_none(catalog: Catalog) -> None:
    assert catalog.clusterings.load(1) is None
    assert catalog.clusterings.active(MODELS) is None
    assert catalog.clusterings.cells(1) == catalog.clusterings.cells() == []
    assert len(catalog.clusterings.members(1).ids) == 0


def test_a_head_tells_what_was_stored_without_the_vectors(catalog: Catalog) -> None:
    row = clustering_row(cells=4, automatic=False, seed=7)
    clustering_id = catalog.clusterings.add(row, NOBODY)
    (head,) = catalog.clusterings.heads()
    age = datetime.now(UTC).replace(tzinfo=None) - head.created_at
    assert timedelta(0) <= age < timedelta(minutes=5)
    assert head == ClusteringHead(
        id=clustering_id,
        models=MODELS,
        method="pca+kmeans",
        parameters={"cells": 4, "seed": 7},
        quality={"imbalance": 1.25, "distance": 7.1},
        photos=6,
        cells=4,
        automatic=False,
        active=True,
        created_at=head.created_at,
    )


def test_cells_come_with_their_groups_and_sizes_largest_first(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    catalog.clusterings.add(clustering_row(cells=4), in_cells(photo_ids, 2, 0, 2, 2, 0, 3))
    expected = [CellRow(2, 1, 3), CellRow(0, 0, 2), CellRow(3, 1, 1), CellRow(1, 0, 0)]
    assert catalog.clusterings.cells() == expected


def test_cells_are_of_the_active_clustering_unless_another_is_named(catalog: Catalog) -> None:
    first = catalog.clusterings.add(clustering_row(cells=2, automatic=False), NOBODY)
    second = catalog.clusterings.add(clustering_row(cells=5), NOBODY)
    assert len(catalog.clusterings.cells()) == 5
    assert len(catalog.clusterings.cells(first)) == 2
    assert len(catalog.clusterings.cells(second)) == 5


def test_an_automatic_clustering_leaves_nothing_when_a_newer_one_replaces_it(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    catalog.clusterings.add(clustering_row(cells=3), in_cells(photo_ids, 0, 1, 2, 0, 1, 2))
    newer = clustering_row(cells=2, seed=1)
    newer_id = catalog.clusterings.add(newer, in_cells(photo_ids[:2], 0, 1))
    assert [head.id for head in catalog.clusterings.heads()] == active_ids(catalog) == [newer_id]
    assert_same(catalog.clusterings.load(newer_id), newer)
    for table, rows in ((centroids, 2), (components, 2), (memberships, 2)):
        with catalog.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(table)) == rows


@pytest.mark.parametrize("automatic", [True, False])
def test_a_clustering_by_hand_is_kept_when_another_becomes_active(
    catalog: Catalog, photo_ids: list[int], automatic: bool
) -> None:
    row = clustering_row(automatic=False)
    by_hand = catalog.clusterings.add(row, in_cells(photo_ids[:2], 0, 1))
    other = catalog.clusterings.add(clustering_row(automatic=automatic, seed=1), NOBODY)
    assert active_ids(catalog) == [other]
    assert [head.id for head in catalog.clusterings.heads()] == [by_hand, other]
    assert_same(catalog.clusterings.load(by_hand), row)
    assert cells_of(catalog, by_hand) == dict(zip(photo_ids[:2], (0, 1), strict=True))


def test_a_kept_one_becomes_active_again_with_the_photos_that_came_since(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    kept = catalog.clusterings.add(clustering_row(automatic=False), in_cells(photo_ids[:2], 0, 1))
    catalog.clusterings.add(clustering_row(seed=1), in_cells(photo_ids, 0, 0, 0, 0, 0, 0))
    catalog.clusterings.activate(kept, in_cells(photo_ids[2:], 2, 2, 1, 2))
    assert [head.id for head in catalog.clusterings.heads()] == active_ids(catalog) == [kept]
    assert cells_of(catalog, kept) == dict(zip(photo_ids, (0, 1, 2, 2, 1, 2), strict=True))
    assert catalog.clusterings.cells() == [CellRow(2, 1, 3), CellRow(1, 0, 2), CellRow(0, 0, 1)]


@pytest.mark.parametrize("automatic", [True, False])
def test_activating_the_active_one_keeps_it(catalog: Catalog, automatic: bool) -> None:
    clustering_id = catalog.clusterings.add(clustering_row(automatic=automatic), NOBODY)
    catalog.clusterings.activate(clustering_id, NOBODY)
    assert active_ids(catalog) == [clustering_id]


def test_a_clustering_of_other_models_is_not_active_for_these(catalog: Catalog) -> None:
    theirs = catalog.clusterings.add(clustering_row(models="models-2"), NOBODY)
    assert catalog.clusterings.active(MODELS) is None
    active = catalog.clusterings.active("models-2")
    assert active is not None
    assert active[0] == theirs


def test_only_what_is_not_active_can_be_dropped(catalog: Catalog, photo_ids: list[int]) -> None:
    kept = catalog.clusterings.add(clustering_row(automatic=False), in_cells(photo_ids[:2], 0, 1))
    active = catalog.clusterings.add(clustering_row(), in_cells(photo_ids[:2], 1, 1))
    assert not catalog.clusterings.drop(active)
    assert not catalog.clusterings.drop(active + 1)
    assert catalog.clusterings.drop(kept)
    assert not catalog.clusterings.drop(kept)
    assert [head.id for head in catalog.clusterings.heads()] == [active]
    assert cells_of(catalog, kept) == {}
    assert len(cells_of(catalog, active)) == 2


def test_what_is_measured_replaces_what_was_measured_of_that_one(catalog: Catalog) -> None:
    first = catalog.clusterings.add(clustering_row(automatic=False), NOBODY)
    second = catalog.clusterings.add(clustering_row(seed=1), NOBODY)
    catalog.clusterings.note_quality(second, {"recall": 0.5})
    qualities = {head.id: head.quality for head in catalog.clusterings.heads()}
    assert qualities == {first: clustering_row().quality, second: {"recall": 0.5}}


def test_photos_described_since_the_members_were_read_are_placed_too(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    def others(ids: Sequence[int]) -> Members:
        return members(dict.fromkeys(ids, 2))

    one, two, *rest = photo_ids
    first = catalog.clusterings.add(clustering_row(automatic=False), members({one: 0}), others)
    assert cells_of(catalog, first) == {one: 0, two: 2, **dict.fromkeys(rest, 2)}
    second = catalog.clusterings.add(clustering_row(automatic=False), members({one: 0}))
    assert cells_of(catalog, second) == {one: 0}
    catalog.clusterings.activate(second, members({two: 1}), MODELS, others)
    assert cells_of(catalog, second) == {one: 0, two: 1, **dict.fromkeys(rest, 2)}
    assert_sizes_are_right(catalog)


def too_few_variances() -> ClusteringRow:
    return dataclasses.replace(clustering_row(), variances=np.ones(1, np.float32))


def too_few_groups() -> ClusteringRow:
    return dataclasses.replace(clustering_row(), groups=np.zeros(2, np.int64))


BROKEN: dict[str, tuple[Callable[[], ClusteringRow], Members]] = {
    "too few variances": (too_few_variances, NOBODY),
    "too few groups": (too_few_groups, NOBODY),
    "too few cells": (clustering_row, Members(np.arange(1, 4), np.zeros(2, int), np.ones(3))),
    "too few distances": (clustering_row, Members(np.arange(1, 4), np.zeros(3, int), np.ones(2))),
    "no such photo": (clustering_row, members({1: 0, 99: 1})),
    "a photo twice": (clustering_row, Members(np.ones(2, int), np.zeros(2, int), np.ones(2))),
}


@pytest.mark.parametrize(("row", "newcomers"), BROKEN.values(), ids=BROKEN)
@pytest.mark.usefixtures("photo_ids")
def test_what_cannot_be_stored_leaves_all_as_it_was(
    catalog: Catalog, row: Callable[[], ClusteringRow], newcomers: Members
) -> None:
    kept = catalog.clusterings.add(clustering_row(automatic=False), members({1: 0, 2: 2}))
    active = catalog.clusterings.add(clustering_row(seed=1), members({1: 1, 2: 1, 3: 0}))
    heads = catalog.clusterings.heads()
    with pytest.raises((ValueError, LibraryError)):
        catalog.clusterings.add(row(), newcomers)
    if len(newcomers.ids):
        with pytest.raises((ValueError, LibraryError)):
            catalog.clusterings.activate(kept, newcomers)
    assert catalog.clusterings.heads() == heads
    assert cells_of(catalog, kept) == {1: 0, 2: 2}
    assert cells_of(catalog, active) == {1: 1, 2: 1, 3: 0}
    assert_sizes_are_right(catalog)


def test_clustering_changes_nothing_that_is_findable(
    catalog: Catalog, photo_ids: list[int]
) -> None:
    before = catalog.descriptions.version()
    kept = catalog.clusterings.add(clustering_row(automatic=False), members({photo_ids[0]: 0}))
    other = catalog.clusterings.add(clustering_row(automatic=False), NOBODY)
    catalog.clusterings.activate(kept, members({photo_ids[1]: 0}))
    catalog.clusterings.drop(other)
    assert catalog.descriptions.version() == before
    assert catalog.descriptions.count_changed(before) == 0
