"""Photos: known by content, found while they lie somewhere, by one set of models."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, event
from tests.catalog.steps import (
    DIMENSION,
    FOLDER,
    MODELS,
    content_hash,
    describe,
    findable,
    list_folder,
    model_rows,
    photo_id,
    photo_row,
    waiting,
)

from wordsight.catalog import Catalog
from wordsight.catalog import descriptions as descriptions_module


def test_files_of_equal_content_share_a_photo(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b", "c"])
    describe(catalog, a="dog", b="dog", c="cat")
    dog = photo_id(catalog, "dog")
    assert len(findable(catalog)) == 2
    assert catalog.descriptions.details([dog])[dog].uris == (f"{FOLDER}/a", f"{FOLDER}/b")
    assert catalog.inventory.counts()["photos"] == 2


def test_a_photo_is_found_until_its_last_copy_is_gone(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b"])
    describe(catalog, a="dog", b="dog")
    dog = photo_id(catalog, "dog")
    list_folder(catalog, ["b"])
    assert findable(catalog) == [dog]
    assert catalog.descriptions.details([dog])[dog].uris == (f"{FOLDER}/b",)
    list_folder(catalog, [])
    assert findable(catalog) == []
    assert catalog.descriptions.details([dog]) == {}


def test_a_content_that_comes_back_needs_no_new_description(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    dog = photo_id(catalog, "dog")
    list_folder(catalog, [])
    list_folder(catalog, ["moved"])
    (file_id,) = waiting(catalog).values()
    assert catalog.descriptions.described([content_hash("dog")], MODELS) == {
        content_hash("dog"): dog
    }
    catalog.descriptions.record([], {file_id: content_hash("dog")}, {}, MODELS)
    assert findable(catalog) == [dog]
    assert catalog.descriptions.details([dog])[dog].uris == (f"{FOLDER}/moved",)


def test_known_contents_are_known_to_their_own_models_only(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    hashes = [content_hash("dog"), content_hash("cat")]
    assert list(catalog.descriptions.described(hashes, MODELS)) == hashes[:1]
    assert catalog.descriptions.described(hashes, "models-2") == {}
    assert catalog.descriptions.described([], MODELS) == {}


def test_what_is_shown_of_a_photo_is_what_was_recorded(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    dog, row = photo_id(catalog, "dog"), photo_row("dog")
    detail = catalog.descriptions.details([dog, dog + 1])[dog]
    assert (detail.id, detail.caption, detail.width, detail.height) == (dog, row.caption, 640, 480)
    assert detail.taken_at == row.metadata.taken_at
    assert detail.confidence == pytest.approx(row.confidence)


def test_embeddings_come_back_almost_as_they_were(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descriptions_module, "_CHUNK", 2)
    contents = {name: f"photo {name}" for name in "abcde"}
    list_folder(catalog, contents)
    describe(catalog, **contents)
    vectors = catalog.descriptions.vectors(MODELS)
    rows = {photo_id(catalog, content): photo_row(content) for content in contents.values()}
    assert vectors.ids.dtype == np.int64
    assert vectors.ids.tolist() == sorted(rows)
    for signal in ("caption", "picture"):
        stored = getattr(vectors, signal)
        recorded = [getattr(rows[i], f"{signal}_vector") for i in vectors.ids.tolist()]
        assert stored.dtype == np.float32
        assert stored.shape == (5, DIMENSION)
        np.testing.assert_allclose(stored, recorded, atol=1e-3)


def test_vectors_never_mix_two_sets_of_models(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b"])
    describe(catalog, "models-1", a="dog", b="cat")
    assert list(waiting(catalog, "models-2")) == ["a", "b"]
    describe(catalog, "models-2", b="cat")
    assert findable(catalog, "models-1") == [photo_id(catalog, "dog", "models-1")]
    assert findable(catalog, "models-2") == [photo_id(catalog, "cat", "models-2")]
    assert list(waiting(catalog, "models-2")) == ["a"]
    assert catalog.descriptions.count_described_by_others("models-2") == 1
    list_folder(catalog, ["b"])
    assert catalog.descriptions.count_described_by_others("models-2") == 0


def test_another_set_of_models_replaces_caption_and_embeddings(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, "models-1", a="dog")
    dog = photo_id(catalog, "dog", "models-1")
    assert catalog.descriptions.models() == model_rows("models-1")
    describe(catalog, "models-2", a="dog")
    row = photo_row("dog", "models-2")
    assert photo_id(catalog, "dog", "models-2") == dog
    assert catalog.descriptions.details([dog])[dog].caption == row.caption
    vectors = catalog.descriptions.vectors("models-2")
    np.testing.assert_allclose(vectors.caption[0], row.caption_vector, atol=1e-3)
    np.testing.assert_allclose(vectors.picture[0], row.picture_vector, atol=1e-3)
    assert catalog.descriptions.models() == model_rows("models-2")


def test_a_model_is_registered_once(catalog: Catalog) -> None:
    first = catalog.descriptions.register_models(model_rows("models-1"))
    assert sorted(first) == ["captioner", "encoder", "projection"]
    assert catalog.descriptions.register_models(model_rows("models-1")) == first
    newer = catalog.descriptions.register_models(model_rows("models-2"))
    assert set(newer.values()).isdisjoint(first.values())
    assert catalog.descriptions.models() == []  # nothing written by them yet


def test_descriptions_are_recorded_all_or_none(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b"])
    ids, version = waiting(catalog), catalog.descriptions.version()
    model_ids = catalog.descriptions.register_models(model_rows())
    places = {ids["a"]: content_hash("dog"), ids["b"]: content_hash("never described")}
    with pytest.raises(KeyError):
        catalog.descriptions.record([photo_row("dog")], places, model_ids, MODELS)
    assert catalog.descriptions.version() == version
    assert catalog.descriptions.described([content_hash("dog")], MODELS) == {}
    assert waiting(catalog) == ids


def test_a_search_may_read_while_another_writes(url: str) -> None:
    reader, writer = Catalog(url), Catalog(url)
    list_folder(writer, ["a", "b"])
    describe(writer, a="dog")
    pending = [lambda: describe(writer, b="cat")]

    def write_in_between(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if pending and "embeddings" in statement:
            pending.pop()()

    event.listen(Engine, "before_cursor_execute", write_in_between)
    try:
        vectors = reader.descriptions.vectors(MODELS)
    finally:
        event.remove(Engine, "before_cursor_execute", write_in_between)
    assert not pending
    assert len(vectors.ids) == len(vectors.caption) == len(vectors.picture)
    for i, content in zip(vectors.ids.tolist(), ("dog", "cat"), strict=False):
        assert i == photo_id(reader, content)
        expected = photo_row(content).caption_vector
        np.testing.assert_allclose(vectors.caption[i - 1], expected, atol=1e-3)
    reader.close()
    writer.close()
