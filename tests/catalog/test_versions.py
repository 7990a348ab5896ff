"""The version rises exactly when something findable changes, and tells what did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.catalog.steps import (
    FOLDER,
    MODELS,
    describe,
    fail,
    findable,
    list_folder,
    model_rows,
    photo_id,
    waiting,
)

from wordsight.catalog import Catalog

Change = Callable[[Catalog], object]


@pytest.fixture
def settled(catalog: Catalog) -> Catalog:
    """`a` and `b` are copies of a dog, `c` is a cat, `bad` failed, `new` waits."""
    list_folder(catalog, ["a", "b", "c", "bad", "new"])
    describe(catalog, a="dog", b="dog", c="cat")
    fail(catalog, "bad")
    return catalog


def all_but(*names: str) -> list[str]:
    return [name for name in ("a", "b", "c", "bad", "new") if name not in names]


def with_changed(name: str) -> dict[str, str]:
    return {**dict.fromkeys(all_but(), "fingerprint"), name: "changed"}


def forget_failed_and_waiting(catalog: Catalog) -> int:
    return list_folder(catalog, all_but("bad", "new"))


UNSEEN: dict[str, Change] = {
    "a described file changed": lambda catalog: list_folder(catalog, with_changed("c")),
    "listing again": lambda catalog: list_folder(catalog, all_but()),
    "a new file": lambda catalog: list_folder(catalog, [*all_but(), "newer"]),
    "a waiting file changed": lambda catalog: list_folder(catalog, with_changed("new")),
    "a failed file changed": lambda catalog: list_folder(catalog, with_changed("bad")),
    "undescribed files gone": forget_failed_and_waiting,
    "a waiting file failed": lambda catalog: fail(catalog, "new"),
    "a failed file failed again": lambda catalog: fail(catalog, "bad"),
    "a new source": lambda catalog: catalog.inventory.add_source("file:///more"),
    "new models": lambda catalog: catalog.descriptions.register_models(model_rows("models-2")),
    "no failures": lambda catalog: catalog.inventory.record_failures([]),
}


@pytest.mark.parametrize("change", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_could_find_does_not_raise_the_version(
    settled: Catalog, change: Change
) -> None:
    before = settled.descriptions.version()
    change(settled)
    assert settled.descriptions.version() == before
    assert settled.descriptions.changed_ids(before).tolist() == []


SEEN: dict[str, tuple[Change, list[str], list[str]]] = {
    "described": (lambda c: describe(c, new="bird"), ["bird"], ["bird"]),
    "described as a copy": (lambda c: describe(c, new="cat"), ["cat"], ["cat"]),
    "described on retry": (lambda c: describe(c, bad="bird"), ["bird"], ["bird"]),
    "gone": (lambda c: list_folder(c, all_but("c")), ["cat"], []),
    "a copy gone": (lambda c: list_folder(c, all_but("b")), ["dog"], ["dog"]),
    "failed": (lambda c: fail(c, "c", described_by="models-2"), ["cat"], []),
    "by other models": (lambda c: describe(c, "models-2", c="cat"), ["cat"], []),
}
"""The change, the photos it changes, and those of them that the same models still find."""


@pytest.mark.parametrize(("change", "changed", "found"), SEEN.values(), ids=SEEN)
def test_what_is_findable_raises_the_version_and_is_told(
    settled: Catalog, change: Change, changed: list[str], found: list[str]
) -> None:
    ids = {content: photo_id(settled, content) for content in ("dog", "cat")}
    before = settled.descriptions.version()
    change(settled)
    ids["bird"] = ids["dog"] + ids["cat"]  # the third photo, should there be one
    assert settled.descriptions.version() > before
    told = settled.descriptions.changed_ids(before).tolist()
    assert told == [ids[content] for content in changed]
    assert findable(settled, newer_than=before) == [ids[content] for content in found]
    after = settled.descriptions.version()
    assert settled.descriptions.changed_ids(after).tolist() == []
    assert findable(settled, newer_than=after) == []


def test_a_file_that_turns_out_to_show_something_else_leaves_its_old_photo(
    settled: Catalog,
) -> None:
    # Other models describe it again, and it was edited after the listing.
    cat, before = photo_id(settled, "cat"), settled.descriptions.version()
    describe(settled, "models-2", c="bird")
    assert cat in settled.descriptions.changed_ids(before).tolist()


def test_a_moved_photo_is_a_changed_one(settled: Catalog) -> None:
    cat, before = photo_id(settled, "cat"), settled.descriptions.version()
    list_folder(settled, [*all_but("c"), "moved"])
    describe(settled, moved="cat")
    assert settled.descriptions.changed_ids(before).tolist() == [cat]
    assert findable(settled, newer_than=before) == [cat]
    assert settled.descriptions.details([cat])[cat].uris == (f"{FOLDER}/moved",)
    assert "moved" not in waiting(settled, MODELS)
