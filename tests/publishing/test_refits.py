"""When photos are clustered anew, and when the cells that there are serve on."""

from __future__ import annotations

import numpy as np
import pytest
from tests.catalog.steps import assert_sizes_are_right, cells_of
from tests.fakes import FakeLibrary, FakeModels, sentences
from tests.publishing.conftest import NewLibrary

from wordsight import publishing
from wordsight.catalog.clustering_rows import ClusteringHead
from wordsight.clusters import Fit
from wordsight.index.build import SnapshotBuilder, probe_queries
from wordsight.index.drift import Shape
from wordsight.index.nearest import nearest
from wordsight.index.probing import RECALL_TARGET
from wordsight.index.ranking import Probing
from wordsight.index.snapshot import Snapshot

MANY = 300
HELD_OUT = [f"{text} held out" for text in sentences(200, first=50_000)]


@pytest.fixture
def library(larger: FakeLibrary) -> FakeLibrary:
    """One that is searched by cells."""
    return larger


def active(library: FakeLibrary) -> ClusteringHead:
    (head,) = [head for head in library.catalog.clusterings.heads() if head.active]
    return head


def opened(library: FakeLibrary) -> Snapshot:
    snapshot = library.store.open()
    assert snapshot is not None
    assert snapshot.damaged_files() == []
    return snapshot


def recall(library: FakeLibrary, queries: list[str]) -> float:
    """Of the ten nearest, against comparing all."""
    snapshot, found = opened(library), []
    for query in library.models.encode_queries(queries):
        rows, _ = nearest(snapshot, query, 10)
        truth = np.argsort(-(snapshot.fused @ query))[:10]
        found.append(len(set(rows.tolist()) & set(truth.tolist())) / 10)
    return float(np.mean(found))


def assert_all_in_cells(library: FakeLibrary) -> None:
    """Every described photo is in a cell, the one where the snapshot has it."""
    identity = library.models.identity
    clustering = library.new_publisher().clusters.active()
    assert clustering is not None
    cells = cells_of(library.catalog, clustering.id)
    described = library.catalog.descriptions.described_ids(identity).tolist()
    assert sorted(cells) == described
    snapshot = opened(library)
    assigned, _ = clustering.clustering.assign(snapshot.fused)
    placed = [cells[photo] for photo in snapshot.ids.tolist()]
    assert np.mean(assigned == placed) > 0.98  # embeddings are stored as float16
    assert_sizes_are_right(library.catalog)


def test_photos_are_in_cells_before_there_is_any_snapshot(new_library: NewLibrary) -> None:
    library = new_library()
    for count in (20, 40, 60):
        library.hold(sentences(count))
        assert len(cells_of(library.catalog, active(library).id)) == count
        assert_sizes_are_right(library.catalog)


def test_what_the_first_photos_were_put_into_is_fitted_anew_with_the_first_snapshot(
    new_library: NewLibrary,
) -> None:
    library = new_library()
    library.hold(sentences(20))
    library.hold(sentences(90))
    first = active(library)
    assert (first.photos, first.cells) == (0, 2)  # as suits twenty
    library.publisher.publish()
    assert active(library).photos == 90
    assert active(library).cells == 11
    assert [head.id for head in library.catalog.clusterings.heads()] == [active(library).id]
    assert_all_in_cells(library)


def test_publishing_again_keeps_cells_and_choice(library: FakeLibrary) -> None:
    """However often: nothing was fitted that would ask to be fitted anew."""
    head, before = active(library), opened(library).manifest
    for publisher in (library.publisher, library.new_publisher(), library.new_publisher()):
        publisher.publish()
        again = opened(library).manifest
        assert active(library) == head
        assert again.cells == before.cells
        assert again.probing == before.probing
    assert_all_in_cells(library)


def test_a_small_librarys_cells_are_kept_as_well(new_library: NewLibrary) -> None:
    library = new_library()
    library.hold(sentences(100))
    library.publisher.publish()
    head = active(library)
    library.hold(sentences(150))
    library.new_publisher().publish()
    assert active(library) == head
    assert_all_in_cells(library)


def test_some_more_photos_are_put_into_the_cells_there_are(library: FakeLibrary) -> None:
    head = active(library)
    library.hold(sentences(MANY + MANY // 2))
    library.hold(sentences(MANY + MANY // 2 - 50, first=50))
    library.new_publisher().publish()
    assert active(library) == head
    assert opened(library).manifest.photos == MANY + MANY // 2 - 50
    assert_all_in_cells(library)


@pytest.mark.parametrize("now", [2 * MANY, MANY // 2], ids=["twice", "half"])
def test_twice_or_half_as_many_photos_are_clustered_anew(library: FakeLibrary, now: int) -> None:
    before = active(library)
    library.hold(sentences(now))
    library.new_publisher().publish()
    after = active(library)
    assert after.id != before.id
    assert after.photos == now
    assert after.automatic
    assert [head.id for head in library.catalog.clusterings.heads()] == [after.id]
    assert_all_in_cells(library)
    library.new_publisher().publish()
    assert active(library) == after


def test_photos_of_something_else_are_clustered_anew(library: FakeLibrary) -> None:
    before = active(library)
    others = [f"nothing like{i % 3} before{i}" for i in range(200)]
    library.hold(sentences(MANY) + others)
    library.new_publisher().publish()
    assert active(library).id != before.id
    assert_all_in_cells(library)


@pytest.mark.parametrize(
    ("measured", "refit"),
    [
        ({"compared": 0.0001}, True),
        ({"compared": 1.0}, False),
        ({"recall": 1.0}, False),
        ({"imbalance": 0.01}, True),
        ({"distance": 0.0001}, True),
    ],
    ids=str,
)
def test_cells_that_once_served_better_are_fitted_anew(
    library: FakeLibrary, measured: dict[str, float], refit: bool
) -> None:
    before = active(library)
    library.catalog.clusterings.note_quality(before.id, {**before.quality, **measured})
    library.new_publisher().publish()
    after = active(library)
    assert (after.id != before.id) == refit
    if refit:  # and it is noted what they do now, so that they are not fitted again and again
        assert {name: after.quality[name] for name in measured} != measured
        library.new_publisher().publish()
        assert active(library) == after
    assert_all_in_cells(library)


def test_cells_that_miss_too_much_are_fitted_anew(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = active(library)
    finish, finished = SnapshotBuilder.finish, []

    def finish_badly(self: SnapshotBuilder, *arguments: object) -> object:
        """As if the first time nothing but half of the true neighbours could be found."""
        manifest = finish(self, *arguments)
        finished.append(manifest)
        if len(finished) == 1:
            object.__setattr__(manifest.curve.chosen, "recall", 0.5)
        return manifest

    monkeypatch.setattr(SnapshotBuilder, "finish", finish_badly)
    library.new_publisher().publish()
    assert len(finished) == 2
    assert active(library).id != before.id
    assert opened(library).manifest.curve == finished[1].curve


def test_cells_serve_on_across_the_border_to_searching_by_them(new_library: NewLibrary) -> None:
    library = new_library(exact_below=130)
    library.hold(sentences(100))
    library.publisher.publish()
    head = active(library)
    assert opened(library).manifest.probing is None
    library.hold(sentences(140))
    library.new_publisher().publish()
    assert opened(library).manifest.probing is not None
    assert active(library) == head
    assert recall(library, HELD_OUT) >= RECALL_TARGET - 0.01


def test_reused_cells_still_reach_the_target(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On queries that nothing was chosen on; captions of real photos choose the probing."""
    monkeypatch.setattr(publishing, "probe_queries", probe_queries)
    library.publisher.publish(Fit())
    head = active(library)
    assert recall(library, HELD_OUT) >= RECALL_TARGET - 0.01
    for more in (MANY // 4, MANY // 2, MANY - 10):
        library.hold(sentences(MANY + more))
        library.new_publisher().publish()
        curve = opened(library).manifest.curve
        assert curve is not None
        assert curve.chosen.recall >= RECALL_TARGET
        assert recall(library, HELD_OUT) >= RECALL_TARGET - 0.01
    assert active(library) == head


def test_a_fit_by_hand_is_done_as_told_and_kept(library: FakeLibrary) -> None:
    library.publisher.publish(Fit(cells=7, seed=3, automatic=False))
    by_hand = active(library)
    assert (by_hand.cells, by_hand.automatic) == (7, False)
    assert by_hand.parameters == {"cells": 7, "seed": 3}
    assert [head.id for head in library.catalog.clusterings.heads()] == [by_hand.id]
    library.hold(sentences(2 * MANY))
    library.new_publisher().publish()
    after = active(library)
    assert (after.cells, after.automatic, after.parameters) == (7, True, {"cells": 7, "seed": 3})
    assert [head.id for head in library.catalog.clusterings.heads()] == [by_hand.id, after.id]


def test_what_was_measured_is_kept_with_the_clustering(library: FakeLibrary) -> None:
    curve = opened(library).manifest.curve
    assert curve is not None
    quality = active(library).quality
    assert quality["recall"] == curve.chosen.recall
    assert quality["compared"] == curve.chosen.compared
    assert quality["recall_all_cells"] == curve.all_cells
    assert quality["recall_one_probe"] == curve.points[0].recall
    assert quality["recall_photos_as_queries"] == curve.photos_as_queries
    assert Probing(curve.points[0].first) == Probing(1)
    assert set(Shape.__dataclass_fields__) <= set(quality)


def test_other_models_have_cells_of_their_own(
    library: FakeLibrary, new_library: NewLibrary
) -> None:
    before = active(library)
    newer = new_library(models=FakeModels("fake-models-2"), exact_below=MANY // 2)
    newer.hold(sentences(MANY))
    assert active(newer).models == "fake-models-2"
    newer.publisher.publish()
    assert opened(newer).manifest.origin.models == "fake-models-2"
    assert before.id not in [head.id for head in newer.catalog.clusterings.heads()]
    assert_all_in_cells(newer)
