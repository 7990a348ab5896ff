"""Captions by people, on both databases."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select
from tests.catalog.steps import (
    MODELS,
    clustering_row,
    describe,
    list_folder,
    photo_id,
    placed_by_length,
    unit_vector,
)

from wordsight.catalog import Catalog
from wordsight.catalog.memberships import Members
from wordsight.catalog.schema import memberships


def captioned(catalog: Catalog, content: str, text: str | None) -> None:
    photo = catalog.corrections.described(photo_id(catalog, content))
    assert photo is not None
    assert catalog.corrections.record(photo, text)


def shown(catalog: Catalog, content: str) -> tuple[str, bool]:
    found = photo_id(catalog, content)
    detail = catalog.descriptions.details([found])[found]
    return detail.caption, detail.corrected


def test_a_persons_caption_outranks_the_models_and_gives_way_when_taken_back(
    catalog: Catalog,
) -> None:
    list_folder(catalog, ["a", "b"])
    describe(catalog, a="dog", b="cat")
    before = catalog.descriptions.version()
    captioned(catalog, "dog", "my old dog")
    assert shown(catalog, "dog") == ("my old dog", True)
    assert shown(catalog, "cat") == ("cat by models-1", False)
    assert catalog.descriptions.changed_ids(before).tolist() == [photo_id(catalog, "dog")]
    captioned(catalog, "dog", "his new dog")
    assert shown(catalog, "dog") == ("his new dog", True)
    captioned(catalog, "dog", None)
    assert shown(catalog, "dog") == ("dog by models-1", False)


def test_its_words_are_found_and_the_models_are_not(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    captioned(catalog, "dog", "Grandma's poodle")
    assert catalog.texts.holding("poodle", 5) == [photo_id(catalog, "dog")]
    assert catalog.texts.holding("dog", 5) == []


def test_it_belongs_to_the_content_wherever_that_lies(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    captioned(catalog, "dog", "my dog")
    list_folder(catalog, ["c"])
    describe(catalog, c="dog")
    assert shown(catalog, "dog") == ("my dog", True)
    list_folder(catalog, ["c"], folder="file:///elsewhere")
    describe(catalog, described_by="models-2", c="dog")
    found = photo_id(catalog, "dog", "models-2")
    assert catalog.descriptions.details([found])[found].caption == "my dog"
    (sha256,) = (detail.sha256 for detail in catalog.descriptions.details([found]).values())
    assert catalog.corrections.texts_of([sha256, "0" * 64]) == {sha256: "my dog"}


def test_vector_and_cell_change_with_it(catalog: Catalog) -> None:
    clustering = catalog.clusterings.add(clustering_row(), Members.of_none(), lambda _: _none())
    list_folder(catalog, ["a"])
    describe(catalog, into=clustering, a="dog")
    photo = catalog.corrections.described(photo_id(catalog, "dog"))
    assert photo is not None
    vector = unit_vector("what a person says") * 2
    placed = placed_by_length(clustering, ["dogs"])
    assert catalog.corrections.record(photo, "a dog", vector, placed)
    stored = catalog.descriptions.vectors(MODELS)
    np.testing.assert_allclose(stored.caption[0], vector, atol=2e-3)
    np.testing.assert_allclose(stored.picture[0], photo.picture_vector, atol=2e-3)
    with catalog.engine.connect() as connection:
        assert connection.scalars(select(memberships.c.cell)).all() == [placed.cells[0]]


def test_nothing_is_stored_where_others_were_quicker(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    photo = catalog.corrections.described(photo_id(catalog, "dog"))
    assert photo is not None
    gone = placed_by_length(99, ["dog"])
    assert not catalog.corrections.record(photo, "x", unit_vector("x"), gone)
    describe(catalog, described_by="models-2", a="dog")
    assert not catalog.corrections.record(photo, "x")
    assert catalog.corrections.texts_of([photo.sha256]) == {}


def test_photos_that_lie_nowhere_cannot_be_captioned(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    found = photo_id(catalog, "dog")
    list_folder(catalog, [])
    assert catalog.corrections.described(found) is None
    assert catalog.corrections.described(12345) is None
    assert catalog.corrections.least_certain(5) == []


def test_the_least_certain_come_first_until_they_are_captioned(catalog: Catalog) -> None:
    list_folder(catalog, ["a", "b", "c"])
    describe(catalog, a="dog", b="cat", c="cow")
    ids = catalog.corrections.least_certain(10)
    assert len(ids) == 3
    captioned(catalog, "cat", "my cat")
    assert catalog.corrections.least_certain(10) == [
        one for one in ids if one != photo_id(catalog, "cat")
    ]
    assert len(catalog.corrections.least_certain(1)) == 1


def _none() -> Members:
    return Members.of_none()
