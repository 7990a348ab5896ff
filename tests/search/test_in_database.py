"""Searching inside PostgreSQL finds what a snapshot finds, and needs nothing else."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import delete, update
from tests.fakes import FakeLibrary, FakeModels, sentences
from tests.search.truth import QUERIES, TEXTS, expected

from wordsight.catalog.dialects import writing
from wordsight.catalog.schema import files, memberships
from wordsight.clusters import Fit
from wordsight.errors import LibraryError
from wordsight.search.in_database import DatabaseSearcher
from wordsight.search.searcher import Searcher


def test_both_ways_give_the_same(in_postgresql: FakeLibrary) -> None:
    """Exactly the same where all is compared; where cells are probed, both miss a little."""
    library = in_postgresql
    library.hold(sentences(500, first=40))
    library.publisher.publish(Fit(cells=60))
    library.hold(sentences(500, first=60))
    snapshot = Searcher(library.catalog, library.store, library.models)
    exact = library.new_searcher()._current_view().probing is None
    assert exact == (library.exact_below > 1000)
    same = wanted = 0
    for query in QUERIES:
        for limit in (1, 10, 40):
            ours, theirs = (
                {hit.id: hit for hit in way.search(query, limit)}
                for way in (library.searcher, snapshot)
            )
            assert len(ours) == len(theirs) == limit
            for photo in ours.keys() & theirs.keys():
                assert ours[photo].score == pytest.approx(theirs[photo].score, abs=1e-3)
            same, wanted = same + len(ours.keys() & theirs.keys()), wanted + limit
    assert same >= (wanted if exact else 0.95 * wanted)


def test_only_some_cells_are_looked_into(
    in_postgresql: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_postgresql.exact_below > len(TEXTS):
        pytest.skip("searched exactly")
    in_postgresql.publisher.publish(Fit(cells=30))
    looked, nearest = [], in_postgresql.catalog.cell_search.nearest

    def watched(*arguments: object, **options: object) -> object:
        looked.append(arguments[3])
        return nearest(*arguments, **options)

    monkeypatch.setattr(in_postgresql.catalog.cell_search, "nearest", watched)
    assert in_postgresql.found("subject1", 3)
    assert all(cells is not None for cells in looked)
    assert len(set().union(*looked)) < 30


def test_no_file_is_needed(in_postgresql: FakeLibrary) -> None:
    shutil.rmtree(in_postgresql.folder)
    assert in_postgresql.found("subject1", 60) == expected(TEXTS, "subject1", 60)


def test_a_search_waits_for_no_writer(in_postgresql: FakeLibrary) -> None:
    before = in_postgresql.found("subject1", 20)
    with writing(in_postgresql.catalog.engine) as connection:
        connection.execute(delete(files))
        assert in_postgresql.found("subject1", 20) == before
    assert in_postgresql.found("subject1", 20) == []


def test_a_refit_by_others_is_followed(in_postgresql: FakeLibrary) -> None:
    before = in_postgresql.found("subject1", 20)
    for seed in (1, 2):
        in_postgresql.new_publisher().publish(Fit(cells=9, seed=seed))
        assert in_postgresql.found("subject1", 20) == before


def test_vectors_that_are_missing_are_told_and_made(in_postgresql: FakeLibrary) -> None:
    """Those of a catalog that was copied from SQLite."""
    before = in_postgresql.found("subject1", 20)
    with in_postgresql.catalog.engine.begin() as connection:
        connection.execute(update(memberships).values(vector=None))
    with pytest.raises(LibraryError, match="run `wordsight index` once"):
        in_postgresql.found("subject1", searcher=in_postgresql.new_searcher())
    in_postgresql.new_publisher().clusters.add_vectors()
    assert in_postgresql.found("subject1", 20, in_postgresql.new_searcher()) == before


def test_other_models_are_told(in_postgresql: FakeLibrary) -> None:
    others = DatabaseSearcher(in_postgresql.catalog, FakeModels("fake-models-2"))
    with pytest.raises(LibraryError, match="other models than the ones installed now"):
        others.search("subject1")
