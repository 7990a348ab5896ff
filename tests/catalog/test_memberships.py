"""Who is in which cell, and that cells are always as large as they say."""

from __future__ import annotations

import numpy as np
import pytest
from tests.catalog.steps import (
    MODELS,
    assert_sizes_are_right,
    cells_of,
    clustering_row,
    content_hash,
    describe,
    findable,
    list_folder,
    members,
    model_rows,
    photo_id,
    photo_row,
    waiting,
)

from wordsight.catalog import Catalog
from wordsight.catalog import memberships as memberships_module
from wordsight.catalog.clustering_rows import CellRow
from wordsight.catalog.memberships import Members
from wordsight.catalog.storing import Placed
from wordsight.errors import LibraryError

NOBODY = Members.of_none()


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two photos are already more than one chunk holds."""
    monkeypatch.setattr(memberships_module, "_CHUNK", 2)


@pytest.fixture
def five(catalog: Catalog) -> list[int]:
    names = {f"f{i}": f"photo {i}" for i in range(5)}
    list_folder(catalog, names)
    describe(catalog, **names)
    return findable(catalog)


def by_hand(catalog: Catalog, who: Members = NOBODY, models: str = MODELS, seed: int = 0) -> int:
    return catalog.clusterings.add(clustering_row(3, models, False, seed), who)


def test_members_come_with_the_most_typical_first(catalog: Catalog, five: list[int]) -> None:
    cells = dict(zip(five, (0, 1, 0, 1, 2), strict=True))
    far = dict(zip(five, (0.5, 0.25, 0.125, 0.5, 0.75), strict=True))
    clustering_id = by_hand(catalog, members(cells, far))
    told = catalog.clusterings.members(clustering_id)
    assert told.ids.tolist() == [five[i] for i in (2, 1, 0, 3, 4)]  # equal ones by id
    assert told.cells.tolist() == [0, 1, 0, 1, 2]
    assert told.squared_distances.tolist() == [0.125, 0.25, 0.5, 0.5, 0.75]
    assert (told.ids.dtype, told.cells.dtype) == (np.int64, np.int64)
    assert told.squared_distances.dtype == np.float32


def test_members_of_one_cell_are_of_that_cell(catalog: Catalog, five: list[int]) -> None:
    cells = dict(zip(five, (0, 1, 0, 1, 0), strict=True))
    clustering_id = by_hand(catalog, members(cells))
    told = catalog.clusterings.members(clustering_id, 1)
    assert told.ids.tolist() == [five[1], five[3]]
    assert catalog.clusterings.members(clustering_id, 0).ids.tolist() == five[::2]
    assert len(catalog.clusterings.members(clustering_id, 2).ids) == 0


def test_members_are_shown_while_they_can_be_found(catalog: Catalog, five: list[int]) -> None:
    clustering_id = by_hand(catalog, members(dict.fromkeys(five, 0)))
    list_folder(catalog, {f"f{i}": "fingerprint" for i in (0, 2)})
    assert catalog.clusterings.members(clustering_id).ids.tolist() == [five[0], five[2]]
    assert len(cells_of(catalog, clustering_id)) == 5  # should the others come back
    assert_sizes_are_right(catalog)
    list_folder(catalog, {f"f{i}": "fingerprint" for i in range(3)})
    describe(catalog, f1="photo 1")
    assert catalog.clusterings.members(clustering_id).ids.tolist() == five[:3]


def test_a_description_is_recorded_with_its_cell(catalog: Catalog) -> None:
    clustering_id = by_hand(catalog)
    list_folder(catalog, ["a", "b", "c"])
    describe(catalog, into=clustering_id, a="dog", b="cat", c="horse")
    cells = {photo_id(catalog, content): len(content) % 3 for content in ("dog", "cat", "horse")}
    assert cells_of(catalog, clustering_id) == cells
    assert catalog.clusterings.cells() == [CellRow(0, 0, 2), CellRow(2, 1, 1), CellRow(1, 0, 0)]
    assert catalog.clusterings.unplaced(clustering_id, MODELS) == []


@pytest.mark.parametrize("wrong", ["cells", "distances", "clustering", "not active"])
def test_a_description_that_cannot_be_placed_is_not_recorded(catalog: Catalog, wrong: str) -> None:
    """Told by False if there are other cells now, which runs beside each other have to expect."""
    clustering_id = by_hand(catalog)
    list_folder(catalog, ["a"])
    version, ids = catalog.descriptions.version(), waiting(catalog)
    model_ids = catalog.descriptions.register_models(model_rows())
    placed = Placed(
        clustering_id + (wrong == "clustering"),
        np.zeros(2 if wrong == "cells" else 1, np.int64),
        np.zeros(2 if wrong == "distances" else 1, np.float32),
    )
    places = {ids["a"]: content_hash("dog")}
    given = ([photo_row("dog")], places, model_ids, MODELS, placed)
    if wrong == "not active":
        by_hand(catalog)
    if wrong in ("clustering", "not active"):
        assert not catalog.descriptions.record(*given)
    else:
        with pytest.raises((ValueError, LibraryError)):
            catalog.descriptions.record(*given)
    assert catalog.descriptions.version() == version
    assert catalog.descriptions.described([content_hash("dog")], MODELS) == {}
    assert (waiting(catalog), cells_of(catalog, clustering_id)) == (ids, {})
    assert_sizes_are_right(catalog)


def test_a_photo_placed_again_leaves_the_cell_where_it_was(
    catalog: Catalog, five: list[int]
) -> None:
    clustering_id = by_hand(catalog, members(dict(zip(five, (0, 0, 1, 1, 2), strict=True))))
    moved = dict(zip(five, (1, 0, 2, 2, 2), strict=True))
    catalog.clusterings.activate(clustering_id, members(moved, dict.fromkeys(five, 0.0625)))
    assert cells_of(catalog, clustering_id) == moved
    assert set(catalog.clusterings.members(clustering_id).squared_distances) == {0.0625}
    assert catalog.clusterings.cells() == [CellRow(2, 1, 3), CellRow(0, 0, 1), CellRow(1, 0, 1)]


def test_clusterings_have_their_members_each_for_itself(catalog: Catalog, five: list[int]) -> None:
    first = by_hand(catalog, members(dict.fromkeys(five, 0)))
    second = by_hand(catalog, members(dict.fromkeys(five[:2], 2)), seed=1)
    catalog.clusterings.activate(second, members({five[0]: 1}))
    assert cells_of(catalog, first) == dict.fromkeys(five, 0)
    assert cells_of(catalog, second) == {five[0]: 1, five[1]: 2}
    assert_sizes_are_right(catalog)
    assert catalog.clusterings.drop(first)
    assert cells_of(catalog, second) == {five[0]: 1, five[1]: 2}
    assert_sizes_are_right(catalog)


def test_what_other_models_describe_again_is_placed_among_theirs(
    catalog: Catalog, five: list[int]
) -> None:
    old = by_hand(catalog, members(dict.fromkeys(five, 0)))
    new = by_hand(catalog, models="models-2", seed=1)
    describe(catalog, "models-2", into=new, f0="photo 0", f1="photo 1")
    assert set(cells_of(catalog, new)) == set(five[:2])
    assert set(cells_of(catalog, old)) == set(five)
    assert_sizes_are_right(catalog)
    describe(catalog, "models-1", into=old, f0="photo 0")  # and back: placed, not twice
    assert set(cells_of(catalog, old)) == set(five)
    assert_sizes_are_right(catalog)


def test_unplaced_are_all_that_these_models_described_and_no_cell_holds(
    catalog: Catalog, five: list[int]
) -> None:
    clustering_id = by_hand(catalog, members({five[0]: 0}))
    other = by_hand(catalog, members(dict.fromkeys(five, 1)), seed=1)
    assert catalog.clusterings.unplaced(clustering_id, MODELS) == five[1:]
    assert catalog.clusterings.unplaced(other, MODELS) == []
    describe(catalog, "models-2", f1="photo 1")
    list_folder(catalog, [])  # they lie nowhere now, but may come back
    assert catalog.clusterings.unplaced(clustering_id, MODELS) == five[2:]
    assert catalog.clusterings.unplaced(clustering_id, "models-2") == [five[1]]


def test_members_joined_are_these_and_then_the_others() -> None:
    joined = members({3: 0, 1: 2}).joined(NOBODY).joined(members({2: 1}, {2: 0.25}))
    assert joined.ids.tolist() == [3, 1, 2]
    assert joined.cells.tolist() == [0, 2, 1]
    assert joined.squared_distances.tolist() == [0.5, 0.5, 0.25]
