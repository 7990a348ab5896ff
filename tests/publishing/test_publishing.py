"""When a snapshot is published, and what is in it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.catalog.steps import list_folder, photo_id
from tests.fakes import FakeLibrary, FakeModels, said, seen, sentences, unit
from tests.publishing.conftest import NewLibrary

from wordsight import publishing
from wordsight.index.build import SnapshotBuilder
from wordsight.publishing import Publisher

MANY = 100
BORDERS = {"end": (20, 0.3), "way": (30, 0.5)}


@pytest.fixture(autouse=True)
def _low_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "CHANGES_AT_THE_END", BORDERS["end"])
    monkeypatch.setattr(publishing, "CHANGES_UNDER_WAY", BORDERS["way"])
    monkeypatch.setattr(publishing, "REST_UNDER_WAY", 0)


@pytest.fixture
def small(new_library: NewLibrary) -> FakeLibrary:
    """A library that is searched exactly, with a snapshot of all its photos."""
    library = new_library()
    library.hold(sentences(10))
    library.publisher.publish()
    return library


def photos(library: FakeLibrary) -> int:
    snapshot = library.store.open()
    assert snapshot is not None
    return snapshot.manifest.photos


def test_a_snapshot_holds_the_findable_photos_where_the_models_place_them(
    large: FakeLibrary,
) -> None:
    gone, texts = sentences(MANY)[:30], sentences(MANY)[30:]
    large.hold(texts)
    large.publisher.publish()
    snapshot = large.store.open()
    assert snapshot is not None
    ids = [photo_id(large.catalog, text, large.models.identity) for text in texts]
    assert snapshot.ids.tolist() == sorted(ids)
    assert not {photo_id(large.catalog, text, large.models.identity) for text in gone} & set(ids)
    places = {photo: unit(said(text) + seen(text)) for photo, text in zip(ids, texts, strict=True)}
    expected = [places[photo] for photo in snapshot.ids.tolist()]
    np.testing.assert_allclose(snapshot.fused, expected, atol=2e-3)
    origin = snapshot.manifest.origin
    assert origin.catalog == large.catalog.descriptions.catalog_id()
    assert origin.models == large.models.identity
    assert origin.version == large.catalog.descriptions.version()
    assert snapshot.damaged_files() == []


@pytest.mark.parametrize("under_way", [False, True])
def test_nothing_is_published_where_nothing_changed(large: FakeLibrary, under_way: bool) -> None:
    for publisher in (large.publisher, large.new_publisher()):
        publisher.publish_if_due(under_way)
    large.hold(sentences(MANY))
    list_folder(large.catalog, [*sentences(MANY), "waiting"])
    large.publisher.publish_if_due(under_way)
    assert large.current() == "000001"


def test_a_small_library_has_a_new_snapshot_after_any_change(small: FakeLibrary) -> None:
    small.hold(sentences(11))
    small.publisher.publish_if_due(under_way=True)
    assert small.current() == "000001"
    small.publisher.publish_if_due()
    assert (small.current(), photos(small)) == ("000002", 11)
    small.hold(sentences(10))
    small.new_publisher().publish_if_due()
    assert (small.current(), photos(small)) == ("000003", 10)


DUE = {
    "the share of all decides at the end": ("end", False, 30),
    "the share of all decides under way": ("way", True, 50),
}


@pytest.mark.parametrize(("which", "under_way", "border"), DUE.values(), ids=DUE)
@pytest.mark.parametrize("change", ["new", "gone"])
def test_a_large_library_has_a_new_snapshot_once_enough_changed(
    large: FakeLibrary, which: str, under_way: bool, border: int, change: str
) -> None:
    assert border == max(BORDERS[which][0], int(BORDERS[which][1] * MANY))
    for changed in (1, border, border + 1):
        large.hold(sentences(MANY + changed if change == "new" else MANY - changed))
        for publisher in (large.publisher, large.new_publisher()):
            publisher.publish_if_due(under_way)
        assert large.current() == ("000002" if changed > border else "000001")
    assert photos(large) == MANY + (border + 1) * (1 if change == "new" else -1)


def test_a_number_of_changes_decides_where_it_is_more_than_the_share(
    large: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CHANGES_AT_THE_END", (20, 0.01))
    large.hold(sentences(MANY + 20))
    large.publisher.publish_if_due()
    assert large.current() == "000001"
    large.hold(sentences(MANY + 21))
    large.publisher.publish_if_due()
    assert large.current() == "000002"


def test_changes_are_counted_from_the_snapshot_on(large: FakeLibrary) -> None:
    """Over several runs, each of which changes a little."""
    for changed in (10, 20, 30):
        large.hold(sentences(MANY + changed))
        large.new_publisher().publish_if_due()
        assert large.current() == "000001"
    large.hold(sentences(MANY + 31))
    large.new_publisher().publish_if_due()
    assert large.current() == "000002"
    large.hold(sentences(MANY + 41))
    large.new_publisher().publish_if_due()
    assert large.current() == "000002"


def test_one_run_publishes_under_way_and_begins_to_count_anew(large: FakeLibrary) -> None:
    published = []
    for changed in range(20, 181, 20):
        large.hold(sentences(MANY + changed))
        large.publisher.publish_if_due(under_way=True)
        published.append((changed, large.current()))
    assert next(changed for changed, name in published if name > "000001") == 60
    assert published[-1] == (180, "000003")  # a second time at 60 + 50 % of 160 and more
    large.publisher.publish_if_due()
    assert large.current() == "000003"


def test_between_snapshots_a_run_under_way_has_time_for_something_else(
    large: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "REST_UNDER_WAY", 1e6)
    for changed, name in ((60, "000002"), (160, "000002")):
        large.hold(sentences(MANY + changed))
        large.publisher.publish_if_due(under_way=True)
        assert large.current() == name
    large.new_publisher().publish_if_due(under_way=True)  # another run does not rest
    assert large.current() == "000003"
    large.hold(sentences(MANY + 400))
    large.publisher.publish_if_due()  # nor does one at its end
    assert large.current() == "000004"


def test_a_first_run_publishes_under_way_once_there_is_enough(new_library: NewLibrary) -> None:
    library = new_library(exact_below=MANY)
    library.hold(sentences(30))
    library.publisher.publish_if_due(under_way=True)
    assert library.current() == ""
    library.hold(sentences(31))
    library.publisher.publish_if_due(under_way=True)
    assert (library.current(), photos(library)) == ("000001", 31)


def test_a_library_without_photos_has_a_snapshot_too(new_library: NewLibrary) -> None:
    library = new_library()
    library.publisher.publish_if_due()
    assert (library.current(), photos(library)) == ("000001", 0)
    assert library.found("a dog") == []
    library.publisher.publish_if_due()
    assert library.current() == "000001"


def test_all_photos_gone_and_others_come(large: FakeLibrary) -> None:
    large.hold([])
    large.publisher.publish_if_due()
    assert (large.current(), photos(large)) == ("000002", 0)
    assert large.found("subject1") == []
    large.hold(sentences(60, first=500))
    large.publisher.publish_if_due()
    assert (large.current(), photos(large)) == ("000003", 60)
    assert len(large.found("subject1", limit=60)) == 60


@pytest.mark.parametrize("what", ["damaged", "of other models", "of another catalog"])
def test_a_snapshot_that_does_not_fit_is_replaced(
    large: FakeLibrary, what: str, new_library: NewLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = large
    if what == "damaged":
        (large.store.root / "000001" / "fused.npy").write_bytes(b"junk")
    elif what == "of other models":
        library = new_library(models=FakeModels("fake-models-2"), exact_below=MANY // 2)
        library.hold(sentences(MANY))
    else:
        monkeypatch.setattr(large.catalog.descriptions, "catalog_id", lambda: "another")
    library.new_publisher().publish_if_due(under_way=True)
    assert (library.current(), photos(library)) == ("000002", MANY)


def test_it_is_told_how_far_a_snapshot_has_come(
    large: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wordsight.catalog import descriptions

    monkeypatch.setattr(descriptions, "_CHUNK", 40)
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))

    Publisher(large.catalog, large.store, large.models, MANY, tell).publish()
    assert told == [(40, MANY), (80, MANY), (MANY, MANY)]


def test_a_snapshot_that_fails_leaves_the_one_before_and_the_next_one_succeeds(
    large: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    large.hold(sentences(3 * MANY))
    with monkeypatch.context() as patched:
        patched.setattr(SnapshotBuilder, "finish", fail)
        with pytest.raises(OSError, match="disk is full"):
            large.publisher.publish_if_due()
    assert (large.current(), photos(large)) == ("000001", MANY)
    assert len(large.found("subject1", limit=1000)) == 3 * MANY
    for publisher in (large.publisher, large.new_publisher()):
        publisher.publish_if_due()
        assert (large.current(), photos(large)) == ("000002", 3 * MANY)


def fail(*_arguments: object, **_named: object) -> None:
    raise OSError("the disk is full")
