"""Embeddings of many photos, some at a time: the borders of the chunks show nowhere."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import delete
from tests.catalog.steps import (
    MODELS,
    describe,
    findable,
    list_folder,
    photo_id,
    photo_row,
)

from wordsight.catalog import Catalog
from wordsight.catalog import descriptions as descriptions_module
from wordsight.catalog.descriptions import Vectors
from wordsight.catalog.schema import embeddings
from wordsight.errors import LibraryError


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptions_module, "_CHUNK", 2)


def hold(catalog: Catalog, count: int, described_by: str = MODELS) -> list[int]:
    contents = {f"f{i}": f"photo {i}" for i in range(count)}
    list_folder(catalog, contents)
    describe(catalog, described_by, **contents)
    return findable(catalog, described_by)


def assert_equal(chunks: list[Vectors], expected: Vectors) -> None:
    for name in ("ids", "caption", "picture"):
        together = np.concatenate([getattr(chunk, name) for chunk in chunks])
        assert together.dtype == getattr(expected, name).dtype
        np.testing.assert_array_equal(together, getattr(expected, name))


def all_chunks(catalog: Catalog) -> list[Vectors]:
    """Of as many photos as is told."""
    with catalog.descriptions.all_vectors(MODELS) as (count, chunks):
        read = list(chunks)
    assert count == sum(len(chunk.ids) for chunk in read)
    return read


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_chunks_are_all_vectors_in_their_order(catalog: Catalog, count: int) -> None:
    hold(catalog, count)
    chunks = all_chunks(catalog)
    assert [len(chunk.ids) for chunk in chunks] == [2] * (count // 2) + [1] * (count % 2)
    assert_equal(chunks, catalog.descriptions.vectors(MODELS))


def test_without_photos_there_are_no_chunks(catalog: Catalog) -> None:
    assert all_chunks(catalog) == []
    assert list(catalog.descriptions.vectors_of([])) == []
    assert catalog.descriptions.count_findable(MODELS) == 0
    assert catalog.descriptions.described_ids(MODELS).dtype == np.int64
    assert len(catalog.descriptions.described_ids(MODELS)) == 0


def test_chunks_hold_what_can_be_found_and_of_these_models_only(catalog: Catalog) -> None:
    ids = hold(catalog, 6)
    describe(catalog, "models-2", f1="photo 1")
    list_folder(catalog, {f"f{i}": "fingerprint" for i in range(5)})
    chunks = all_chunks(catalog)
    kept = [ids[i] for i in (0, 2, 3, 4)]
    assert [photo for chunk in chunks for photo in chunk.ids.tolist()] == kept
    assert catalog.descriptions.count_findable(MODELS) == 4
    assert catalog.descriptions.count_findable("models-2") == 1


def test_all_chunks_are_of_one_state_of_the_catalog(url: str) -> None:
    reader, writer = Catalog(url), Catalog(url)
    ids = hold(writer, 5)
    before = reader.descriptions.vectors(MODELS)
    with reader.descriptions.all_vectors(MODELS) as (count, chunks):
        list_folder(writer, {"f0": "fingerprint", "new": "fingerprint"})
        describe(writer, new="another photo")
        read = [next(chunks)]
        list_folder(writer, {"f0": "fingerprint", "new": "fingerprint", "newer": "fingerprint"})
        describe(writer, newer="one more photo")
        read += chunks
    assert count == 5
    assert_equal(read, before)
    new = [photo_id(writer, content) for content in ("another photo", "one more photo")]
    assert findable(reader) == [ids[0], *new]
    reader.close()
    writer.close()


@pytest.mark.parametrize("wanted", [[0], [0, 1], [1, 3, 4], [0, 2, 3, 4], [0, 1, 2, 3, 4]])
def test_vectors_of_some_photos_are_theirs(catalog: Catalog, wanted: list[int]) -> None:
    ids = hold(catalog, 5)
    chunks = list(catalog.descriptions.vectors_of([ids[i] for i in wanted]))
    assert all(1 <= len(chunk.ids) <= 2 for chunk in chunks)
    every = catalog.descriptions.vectors(MODELS)
    assert_equal(chunks, Vectors(every.ids[wanted], every.caption[wanted], every.picture[wanted]))


def test_vectors_of_photos_that_lie_nowhere_are_still_there(catalog: Catalog) -> None:
    ids = hold(catalog, 3)
    list_folder(catalog, [])
    assert catalog.descriptions.described_ids(MODELS).tolist() == ids
    assert catalog.descriptions.count_findable(MODELS) == 0
    (pair, last) = catalog.descriptions.vectors_of(ids)
    assert (pair.ids.tolist(), last.ids.tolist()) == (ids[:2], ids[2:])
    expected = photo_row("photo 2").picture_vector
    np.testing.assert_allclose(last.picture[0], expected, atol=1e-3)


def test_described_ids_are_those_of_one_set_of_models(catalog: Catalog) -> None:
    ids = hold(catalog, 3)
    describe(catalog, "models-2", f1="photo 1")
    assert catalog.descriptions.described_ids(MODELS).tolist() == [ids[0], ids[2]]
    assert catalog.descriptions.described_ids("models-2").tolist() == [ids[1]]


def test_as_many_have_changed_as_are_told(catalog: Catalog) -> None:
    hold(catalog, 3)
    before = catalog.descriptions.version()
    list_folder(catalog, {"f0": "fingerprint", "new": "fingerprint"})
    describe(catalog, new="another photo")
    for version in range(-1, catalog.descriptions.version() + 1):
        told = catalog.descriptions.changed_ids(version)
        assert catalog.descriptions.count_changed(version) == len(told)
    assert catalog.descriptions.count_changed(before) == 3
    assert catalog.descriptions.count_changed(-1) == 4


def test_an_embedding_that_is_missing_is_told(catalog: Catalog) -> None:
    ids = hold(catalog, 3)
    with catalog.engine.begin() as connection:
        lost = (embeddings.c.photo_id == ids[2]) & (embeddings.c.signal == "picture")
        connection.execute(delete(embeddings).where(lost))
    for read in (
        lambda: all_chunks(catalog),
        lambda: list(catalog.descriptions.vectors_of(ids)),
        lambda: catalog.descriptions.vectors(MODELS),
    ):
        with pytest.raises(LibraryError, match="lacks embeddings of 1 photos"):
            read()
    with pytest.raises(LibraryError, match="lacks embeddings"):
        catalog.descriptions.vectors_among(ids, MODELS)


def test_vectors_among_photos_are_of_those_that_can_be_found(catalog: Catalog) -> None:
    ids = hold(catalog, 4)
    describe(catalog, "models-2", f2="photo 2")
    list_folder(catalog, ["f0", "f2", "f3"])
    told = catalog.descriptions.vectors_among([ids[3], ids[0], ids[1], ids[2], 99], MODELS)
    assert_equal([told], catalog.descriptions.vectors(MODELS))
    assert told.ids.tolist() == [ids[0], ids[3]]
    assert len(catalog.descriptions.vectors_among([ids[1]], MODELS).ids) == 0
