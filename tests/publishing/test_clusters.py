"""Between what the index fits and what the catalog keeps."""

from __future__ import annotations

import numpy as np
import pytest
from tests.catalog.steps import assert_sizes_are_right, cells_of
from tests.fakes import FakeLibrary, FakeModels, said, seen, sentences, unit
from tests.publishing.conftest import NewLibrary

from wordsight.clusters import ActiveClustering, Clusters, Fit
from wordsight.errors import LibraryError


@pytest.fixture
def library(new_library: NewLibrary) -> FakeLibrary:
    """Searched exactly, with a clustering by hand."""
    made = new_library()
    made.hold(sentences(60))
    made.publisher.publish(Fit(cells=5, seed=2, automatic=False))
    return made


def active(library: FakeLibrary) -> ActiveClustering:
    """As a new run finds it."""
    found = Clusters(library.catalog, library.models).active()
    assert found is not None
    return found


def fused(texts: list[str]) -> np.ndarray:
    return np.stack([unit(said(text) + seen(text)) for text in texts])


def test_a_clustering_is_read_as_it_was_fitted(library: FakeLibrary) -> None:
    kept, read = library.publisher.clusters.active(), active(library)
    assert kept is not None
    assert (read.id, read.fit, read.shape) == (kept.id, kept.fit, kept.shape)
    assert read.fit == Fit(5, 2, automatic=False)
    for name in ("mean", "components", "variances"):
        one, other = (getattr(found.clustering.reduction, name) for found in (kept, read))
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(kept.clustering.centroids, read.clustering.centroids)
    np.testing.assert_array_equal(kept.clustering.groups, read.clustering.groups)
    vectors = fused(sentences(30, first=200))
    for one, other in zip(
        kept.clustering.assign(vectors), read.clustering.assign(vectors), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_new_photos_are_placed_in_the_cell_nearest_to_them(library: FakeLibrary) -> None:
    texts = sentences(40, first=100)
    library.hold(sentences(60) + texts)
    clustering = active(library)
    cells, distances = clustering.clustering.assign(fused(texts))
    told = library.catalog.clusterings.members(clustering.id)
    at = {photo: i for i, photo in enumerate(told.ids.tolist())}
    captions = {
        detail.uris[0].rpartition("/")[2]: photo
        for photo, detail in library.catalog.descriptions.details(list(at)).items()
    }
    mine = [at[captions[text]] for text in texts]
    assert told.cells[mine].tolist() == cells.tolist()
    np.testing.assert_allclose(told.squared_distances[mine], distances, atol=1e-5)


def test_an_activated_clustering_has_all_photos_in_it(library: FakeLibrary) -> None:
    """Those that came while another was active, and those that lie nowhere at present."""
    by_hand = active(library)
    library.publisher.publish(Fit())
    other = active(library)
    library.hold(sentences(90))
    library.hold(sentences(80))
    assert len(cells_of(library.catalog, by_hand.id)) == 60
    library.publisher.clusters.activate(by_hand.id)
    assert active(library).id == by_hand.id
    cells = cells_of(library.catalog, by_hand.id)
    assert len(cells) == 90
    assert cells_of(library.catalog, other.id) == {}  # it was automatic
    assert_sizes_are_right(library.catalog)
    library.hold(sentences(95))
    assert len(cells_of(library.catalog, by_hand.id)) == 95
    texts = sentences(10, first=70)
    expected, _ = by_hand.clustering.assign(fused(texts))
    ids = library.catalog.descriptions.described_ids(library.models.identity)
    by_text = {
        detail.uris[0].rpartition("/")[2]: photo
        for photo, detail in library.catalog.descriptions.details(ids.tolist()).items()
    }
    assert [cells[by_text[text]] for text in texts] == expected.tolist()


def test_a_new_clustering_has_photos_that_lie_nowhere_too(library: FakeLibrary) -> None:
    library.hold(sentences(40))
    library.publisher.publish(Fit())
    assert len(cells_of(library.catalog, active(library).id)) == 60
    library.hold(sentences(60))  # they come back, and need no describing
    assert len(library.catalog.clusterings.members(active(library).id).ids) == 60
    assert_sizes_are_right(library.catalog)


@pytest.mark.parametrize("wrong", ["unknown", "of other models"])
def test_what_cannot_be_activated_changes_nothing(
    library: FakeLibrary, new_library: NewLibrary, wrong: str
) -> None:
    before = active(library)
    if wrong == "unknown":
        clusters, wanted = library.publisher.clusters, before.id + 1
    else:
        newer = new_library(models=FakeModels("fake-models-2"))
        clusters, wanted = newer.publisher.clusters, before.id
    message = "there is no clustering" if wrong == "unknown" else "other models"
    with pytest.raises(LibraryError, match=message):
        clusters.activate(wanted)
    assert active(library).id == before.id
    assert len(cells_of(library.catalog, before.id)) == 60


def test_a_clustering_of_other_models_is_not_used(
    library: FakeLibrary, new_library: NewLibrary
) -> None:
    before = active(library)
    newer = new_library(models=FakeModels("fake-models-2"))
    assert newer.publisher.clusters.active() is None
    newer.hold(sentences(60))
    assert active(newer).id != before.id
    assert len(cells_of(newer.catalog, active(newer).id)) == 60
    assert [head.id for head in newer.catalog.clusterings.heads()] == [before.id, active(newer).id]
    assert_sizes_are_right(newer.catalog)


def test_photos_described_before_there_were_cells_are_in_the_first_ones(
    library: FakeLibrary,
) -> None:
    """As after a migration, which drops the clusterings of an older wordsight."""
    with library.catalog.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM clusterings")
    library.publisher = library.new_publisher()
    library.hold(sentences(70))
    assert len(cells_of(library.catalog, active(library).id)) == 70
    assert_sizes_are_right(library.catalog)
