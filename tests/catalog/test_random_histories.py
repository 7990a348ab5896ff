"""Whatever happens in whatever order, the catalog agrees with a model of a few dicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.catalog.steps import (
    FOLDER,
    assert_sizes_are_right,
    cells_of,
    clustering_row,
    content_hash,
    describe,
    fail,
    findable,
    list_folder,
    waiting,
)

from wordsight.catalog import Catalog
from wordsight.catalog.memberships import Members

NAMES, CONTENTS, MODELS = ("a", "b", "c"), ("dog", "horse"), ("models-1", "models-2")


@dataclass
class Expected:
    """Files by name: what is in them, which photo they show, and whether they are to be read
    again or failed."""

    contents: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    photos: dict[str, str] = field(default_factory=dict)  # content to set of models
    placed: dict[str, set[str]] = field(default_factory=lambda: {by: set() for by in MODELS})

    def list(self, seen: dict[str, str]) -> None:
        differing = {n for n in seen if n in self.contents and self.contents[n] != seen[n]}
        self.contents = seen
        self.changed = (self.changed & seen.keys()) | differing
        self.shown = {name: shown for name, shown in self.shown.items() if name in seen}
        self.failed = (self.failed & seen.keys()) - differing

    def describe(self, name: str, models: str) -> None:
        self.photos[self.contents[name]] = models
        self.placed[models].add(self.contents[name])
        self.shown[name] = self.contents[name]
        self.changed.discard(name)
        self.failed.discard(name)

    def fail(self, name: str) -> None:
        self.shown.pop(name, None)
        self.changed.discard(name)
        self.failed.add(name)

    def waiting(self, models: str, retry_failed: bool) -> set[str]:
        done = {name for name, shown in self.shown.items() if self.photos[shown] == models}
        left = set(self.contents) - (done - self.changed)
        return left - (set() if retry_failed else self.failed)

    def places(self) -> dict[str, tuple[str, frozenset[str]]]:
        """What can be found: contents, with the models that described them, and where."""
        lying: dict[str, set[str]] = {}
        for name, shown in self.shown.items():
            lying.setdefault(shown, set()).add(name)
        return {
            content: (self.photos[content], frozenset(names)) for content, names in lying.items()
        }


listings = st.tuples(
    st.just("list"), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS))
)
descriptions = st.tuples(st.just("describe"), st.sampled_from(NAMES), st.sampled_from(MODELS))
failures = st.tuples(st.just("fail"), st.sampled_from(NAMES), st.sampled_from(MODELS))


@given(st.lists(st.one_of(listings, descriptions, failures), max_size=10))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example has a new database
)
def test_any_history_leads_where_the_model_says(
    new_url: Callable[[], str], history: list[tuple[object, ...]]
) -> None:
    catalog, expected = Catalog(new_url()), Expected()
    clusterings = {by: add_clustering(catalog, by) for by in MODELS}
    for step in history:
        before, version = expected.places(), catalog.descriptions.version()
        apply(step, catalog, expected, clusterings)
        after = expected.places()
        changed = {c for c in before.keys() | after.keys() if before.get(c) != after.get(c)}
        assert (catalog.descriptions.version() > version) == bool(changed)
        assert set(catalog.descriptions.changed_ids(version).tolist()) == ids(catalog, changed)
        assert catalog.descriptions.count_changed(version) == len(changed)
        assert_agrees(catalog, expected)
        assert_placed(catalog, expected, clusterings)
    catalog.close()


def add_clustering(catalog: Catalog, models: str) -> int:
    return catalog.clusterings.add(clustering_row(3, models, automatic=False), Members.of_none())


def apply(
    step: tuple[object, ...], catalog: Catalog, expected: Expected, clusterings: dict[str, int]
) -> None:
    """Take one step in both worlds; steps that are not possible now do nothing."""
    kind, subject, *rest = step
    if kind == "list":
        assert isinstance(subject, dict)
        list_folder(catalog, subject)  # the content serves as fingerprint
        expected.list(subject)
        return
    name, models = str(subject), str(rest[0])
    if name not in expected.waiting(models, retry_failed=True):
        return
    if kind == "describe":
        catalog.clusterings.activate(clusterings[models], Members.of_none())
        describe(catalog, models, clusterings[models], **{name: expected.contents[name]})
        expected.describe(name, models)
    else:
        fail(catalog, name, described_by=models)
        expected.fail(name)


def assert_agrees(catalog: Catalog, expected: Expected) -> None:
    places = expected.places()
    for models in MODELS:
        for retry in (False, True):
            assert set(waiting(catalog, models, retry)) == expected.waiting(models, retry)
        found = {content for content, (by, _) in places.items() if by == models}
        assert set(findable(catalog, models)) == ids(catalog, found)
        others = len(places) - len(found)
        assert catalog.descriptions.count_described_by_others(models) == others
    for content, (_, names) in places.items():
        (photo,) = ids(catalog, {content})
        detail = catalog.descriptions.details([photo])[photo]
        assert detail.uris == tuple(f"{FOLDER}/{name}" for name in sorted(names))
    counts = catalog.inventory.counts()
    assert (counts["files"], counts["failed"]) == (len(expected.contents), len(expected.failed))
    assert (counts["described"], counts["photos"]) == (len(expected.shown), len(places))


def assert_placed(catalog: Catalog, expected: Expected, clusterings: dict[str, int]) -> None:
    """Whatever was described by some models is in a cell of theirs, wherever it lies now."""
    for models, clustering_id in clusterings.items():
        cells = {
            photo: len(content) % 3
            for content in expected.placed[models]
            for photo in ids(catalog, {content})
        }
        assert cells_of(catalog, clustering_id) == cells
        assert catalog.clusterings.unplaced(clustering_id, models) == []
        shown = set(catalog.clusterings.members(clustering_id).ids.tolist())
        assert shown == cells.keys() & ids(catalog, set(expected.shown.values()))
    assert_sizes_are_right(catalog)


def ids(catalog: Catalog, contents: set[str]) -> set[int]:
    hashes = [content_hash(content) for content in contents]
    return {photo for by in MODELS for photo in catalog.descriptions.described(hashes, by).values()}
