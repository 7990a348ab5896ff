"""Files: listed, waiting, described, failed, forgotten."""

from __future__ import annotations

import pytest
from tests.catalog.steps import FOLDER, content_hash, describe, fail, findable, list_folder, waiting

from wordsight.catalog import Catalog
from wordsight.catalog import inventory as inventory_module
from wordsight.catalog.inventory import Listing


def test_a_source_is_added_once(catalog: Catalog) -> None:
    add = catalog.inventory.add_source
    first, second = add("file:///b"), add("file:///a")
    assert (add("file:///b"), add("file:///a")) == (first, second)
    assert catalog.inventory.sources() == ["file:///b", "file:///a"]


def test_each_run_has_a_higher_number(catalog: Catalog) -> None:
    first = catalog.inventory.begin_run()
    list_folder(catalog, ["a"])
    second = catalog.inventory.begin_run()
    list_folder(catalog, ["a"])
    assert first < second < catalog.inventory.begin_run()


def test_listed_files_wait_until_they_are_described(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b"])
    assert list(waiting(catalog)) == ["a", "b"]
    describe(catalog, a="dog")
    assert list(waiting(catalog)) == ["b"]
    assert catalog.inventory.counts() == {
        "files": 2,
        "described": 1,
        "photos": 1,
        "failed": 0,
        "waiting": 1,
    }


def test_listing_again_changes_nothing(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b"])
    describe(catalog, a="dog")
    assert list_folder(catalog, ["a", "b"]) == 0
    assert list(waiting(catalog)) == ["b"]
    assert len(findable(catalog)) == 1


def test_a_changed_file_waits_again_and_shows_its_old_photo_until_it_is_read(
    catalog: Catalog,
) -> None:
    """Restoring a backup touches every file; the library must not empty itself meanwhile."""
    list_folder(catalog, {"a": "before", "b": "same"})
    describe(catalog, a="dog", b="cat")
    list_folder(catalog, {"a": "after", "b": "same"})
    assert list(waiting(catalog)) == ["a"]
    assert catalog.inventory.counts()["waiting"] == 1
    assert len(findable(catalog)) == 2
    (dog,) = catalog.descriptions.described([content_hash("dog")], "models-1").values()
    describe(catalog, a="another dog")
    assert len(findable(catalog)) == 2
    assert dog not in findable(catalog)
    assert list(waiting(catalog)) == []


def test_a_changed_file_that_fails_is_not_found_any_more(catalog: Catalog) -> None:
    list_folder(catalog, {"a": "before"})
    describe(catalog, a="dog")
    list_folder(catalog, {"a": "after"})
    fail(catalog, "a")
    assert findable(catalog) == []
    assert list(waiting(catalog)) == []


def test_a_long_listing_is_told_as_it_grows(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory_module, "_CHUNK", 10)
    inventory = catalog.inventory
    rows = (Listing(f"{FOLDER}/{i:02d}", 1, "x") for i in range(25))
    told: list[int] = []
    assert inventory.record_listing(inventory.add_source(FOLDER), 1, rows, told.append) == 25
    assert told == [10, 20, 25]
    assert list(waiting(catalog)) == [f"{i:02d}" for i in range(25)]


def test_waiting_files_may_be_dealt_with_while_they_are_read(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory_module, "_CHUNK", 3)
    list_folder(catalog, [f"{i}" for i in range(8)])
    seen = []
    for file in catalog.inventory.waiting("models-1", retry_failed=True):
        seen.append(file.uri[-1])
        catalog.inventory.record_failures([(file.id, "read", "vanished")])
    assert seen == [f"{i}" for i in range(8)]  # failed just now: not offered again


def test_a_sweep_forgets_what_the_run_did_not_see(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b", "sub/c"])
    assert list_folder(catalog, ["b"]) == 2
    assert list(waiting(catalog)) == ["b"]


def test_a_sweep_spares_what_a_later_run_beside_it_has_seen(catalog: Catalog) -> None:
    inventory, source = catalog.inventory, catalog.inventory.add_source(FOLDER)
    list_folder(catalog, ["old", "both"])
    early = inventory.begin_run()
    inventory.record_listing(source, early, [Listing(f"{FOLDER}/early", 10, "fingerprint")])
    late = inventory.begin_run()
    assert late > early
    for name in ("late", "both"):
        inventory.record_listing(source, late, [Listing(f"{FOLDER}/{name}", 10, "fingerprint")])
    inventory.record_listing(source, early, [Listing(f"{FOLDER}/both", 10, "fingerprint")])
    assert inventory.sweep(source, FOLDER, early) == 1
    assert sorted(waiting(catalog)) == ["both", "early", "late"]
    assert inventory.sweep(source, FOLDER, late) == 1
    assert sorted(waiting(catalog)) == ["both", "late"]


@pytest.mark.parametrize(
    ("swept", "other"),
    [
        ("file:///photos", "file:///photos2"),
        ("file:///photos", "file:///more/photos"),
        ("file:///a_b", "file:///axb"),
        ("file:///a%20b", "file:///a%2020b"),
        ("file:///100%25", "file:///100%25%25"),
        ("file:///photos", "file:///Photos"),
        ("file:///a%5Cb", "file:///a%5Cbb"),
    ],
)
def test_a_sweep_stays_below_its_own_folder(catalog: Catalog, swept: str, other: str) -> None:
    list_folder(catalog, ["kept"], folder=other)
    list_folder(catalog, ["gone"], folder=swept)
    assert list_folder(catalog, [], folder=swept) == 1
    assert list(waiting(catalog)) == ["kept"]


@pytest.mark.parametrize("inner", ["/.hidden", "/.hidden/more", "/shown/.hidden"])
def test_a_sweep_spares_sources_in_hidden_folders(catalog: Catalog, inner: str) -> None:
    list_folder(catalog, ["kept"], folder=FOLDER + inner)
    list_folder(catalog, ["gone"])
    assert list_folder(catalog, []) == 1
    assert list(waiting(catalog)) == ["kept"]
    assert list_folder(catalog, [], folder=FOLDER + inner) == 1


@pytest.mark.parametrize("inner", ["/.hidden", "/shown"])
def test_forgetting_a_source_spares_those_below_it(catalog: Catalog, inner: str) -> None:
    list_folder(catalog, ["kept"], folder=FOLDER + inner)
    list_folder(catalog, ["gone", *(["shown/kept"] if inner == "/shown" else [])])
    assert catalog.inventory.forget(FOLDER)
    assert list(waiting(catalog)) == ["kept"]
    assert catalog.inventory.sources() == [FOLDER + inner]
    assert catalog.inventory.forget(FOLDER + inner)
    assert catalog.inventory.counts()["files"] == 0


def test_a_sweep_of_the_root_forgets_everything(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    inventory = catalog.inventory
    assert inventory.sweep(inventory.add_source("file:///"), "file:///", inventory.begin_run()) == 1


def test_a_folder_inside_another_is_listed_by_both(catalog: Catalog) -> None:
    list_folder(catalog, ["a"], folder=f"{FOLDER}/sub")
    list_folder(catalog, ["b", "sub/a"])
    assert catalog.inventory.counts()["files"] == 2
    assert list_folder(catalog, ["b"]) == 1


def test_a_failed_file_waits_only_for_a_retry(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b"])
    fail(catalog, "b", "damaged picture")
    (failure,) = catalog.inventory.failures()
    assert (failure.uri, failure.stage) == (f"{FOLDER}/b", "decode")
    assert failure.reason == "damaged picture"
    assert list(waiting(catalog)) == ["a"]
    assert list(waiting(catalog, retry_failed=True)) == ["a", "b"]
    counts = catalog.inventory.counts()
    assert (counts["failed"], counts["waiting"]) == (1, 1)


def test_failing_again_keeps_the_newest_reason(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    fail(catalog, "a", "vanished")
    fail(catalog, "a", "too large")
    assert [failure.reason for failure in catalog.inventory.failures()] == ["too large"]


@pytest.mark.parametrize("remedy", ["changed", "described", "gone"])
def test_a_failure_is_dropped_with_its_cause(catalog: Catalog, remedy: str) -> None:
    list_folder(catalog, {"a": "before"})
    fail(catalog, "a")
    if remedy == "described":
        describe(catalog, a="dog")
    else:
        list_folder(catalog, {"a": "after"} if remedy == "changed" else [])
    assert catalog.inventory.failures() == []
    assert list(waiting(catalog)) == (["a"] if remedy == "changed" else [])


def test_listing_a_failed_file_again_does_not_retry_it(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    fail(catalog, "a")
    list_folder(catalog, ["a"])
    assert waiting(catalog) == {}
    assert len(catalog.inventory.failures()) == 1


def test_a_described_file_that_fails_later_is_not_found_any_more(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    fail(catalog, "a", described_by="models-2")
    assert findable(catalog) == []
    assert catalog.inventory.counts()["described"] == 0


def test_no_failures_are_recorded_without_complaint(catalog: Catalog) -> None:
    catalog.inventory.record_failures([])
    assert catalog.inventory.failures() == []
