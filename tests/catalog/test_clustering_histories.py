"""Whatever becomes of clusterings in whatever order, members and sizes stay right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.catalog.steps import (
    MODELS,
    assert_sizes_are_right,
    cells_of,
    clustering_row,
    describe,
    findable,
    list_folder,
    members,
    waiting,
)

from wordsight.catalog import Catalog

CONTENTS = ("dog", "cat", "horse", "a", "bb", "zebra")
PHOTOS = 4  # of them are there from the first
cells = st.dictionaries(st.integers(0, PHOTOS - 1), st.integers(0, 2))
which = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("add"), st.booleans(), cells),
    st.tuples(st.just("activate"), which, cells),
    st.tuples(st.just("drop"), which),
    st.tuples(st.just("hold"), st.sets(st.sampled_from(CONTENTS))),
)


@dataclass
class Kept:
    """A clustering that should be there."""

    id: int
    automatic: bool
    cells: dict[int, int]


@dataclass
class Expected:
    """All clusterings, the newest last, and which one is active."""

    kept: list[Kept] = field(default_factory=list)
    active: Kept | None = None

    def activate(self, chosen: Kept) -> None:
        if self.active is not None and self.active is not chosen and self.active.automatic:
            self.kept.remove(self.active)
        self.active = chosen


@given(st.lists(steps, max_size=12))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example has a new database
)
def test_any_history_of_clusterings_leads_where_the_model_says(
    new_url: Callable[[], str], history: list[tuple[object, ...]]
) -> None:
    catalog, expected = Catalog(new_url()), Expected()
    hold(catalog, expected, [], set(CONTENTS[:PHOTOS]))
    ids = findable(catalog)
    for step in history:
        ACTIONS[str(step[0])](catalog, expected, ids, *step[1:])
        assert_agrees(catalog, expected)
    catalog.close()


def add(
    catalog: Catalog, expected: Expected, ids: list[int], automatic: bool, who: dict[int, int]
) -> None:
    chosen = {ids[photo]: cell for photo, cell in who.items()}
    added = catalog.clusterings.add(clustering_row(automatic=automatic), members(chosen))
    expected.kept.append(Kept(added, automatic, chosen))
    expected.activate(expected.kept[-1])


def activate(
    catalog: Catalog, expected: Expected, ids: list[int], place: int, who: dict[int, int]
) -> None:
    for kept in expected.kept[place : place + 1]:
        chosen = {ids[photo]: cell for photo, cell in who.items()}
        catalog.clusterings.activate(kept.id, members(chosen))
        kept.cells |= chosen
        expected.activate(kept)


def drop(catalog: Catalog, expected: Expected, _ids: list[int], place: int) -> None:
    for kept in expected.kept[place : place + 1]:
        dropped = catalog.clusterings.drop(kept.id)
        assert dropped == (kept is not expected.active)
        if dropped:
            expected.kept.remove(kept)


def hold(catalog: Catalog, expected: Expected, _ids: list[int], contents: set[str]) -> None:
    """The folder holds these from now on; what is new is placed as it is described."""
    before = set(catalog.descriptions.described_ids(MODELS).tolist())
    list_folder(catalog, {name: name for name in contents})
    into = None if expected.active is None else expected.active.id
    describe(catalog, into=into, **{name: name for name in waiting(catalog)})
    for photo in set(catalog.descriptions.described_ids(MODELS).tolist()) - before:
        if expected.active is not None:
            detail = catalog.descriptions.details([photo])[photo]
            expected.active.cells[photo] = len(detail.uris[0].rpartition("/")[2]) % 3


ACTIONS = {"add": add, "activate": activate, "drop": drop, "hold": hold}


def assert_agrees(catalog: Catalog, expected: Expected) -> None:
    assert [head.id for head in catalog.clusterings.heads()] == [kept.id for kept in expected.kept]
    active = [head.id for head in catalog.clusterings.heads() if head.active]
    assert active == ([] if expected.active is None else [expected.active.id])
    found = set(findable(catalog))
    every = set(catalog.descriptions.described_ids(MODELS).tolist())
    for kept in expected.kept:
        assert cells_of(catalog, kept.id) == kept.cells
        told = catalog.clusterings.members(kept.id)
        shown = {photo: cell for photo, cell in kept.cells.items() if photo in found}
        assert dict(zip(told.ids.tolist(), told.cells.tolist(), strict=True)) == shown
        assert set(catalog.clusterings.unplaced(kept.id, MODELS)) == every - kept.cells.keys()
    assert_sizes_are_right(catalog)
    if expected.active is None:
        assert catalog.clusterings.cells() == []
    else:
        sizes = [row.size for row in catalog.clusterings.cells()]
        assert sizes == sorted(sizes, reverse=True)
        assert sum(sizes) == len(expected.active.cells)
