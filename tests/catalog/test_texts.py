"""The words of photos are those of their captions, names and tags, at any time."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete
from tests.catalog.steps import describe, list_folder

from wordsight.catalog import Catalog
from wordsight.catalog.dialects import writing
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.catalog.schema import texts
from wordsight.catalog.texts import PhotoText, words_in


def the_photo(catalog: Catalog) -> int:
    (photo,) = catalog.filtering.ids(()).tolist()
    return photo


def held(catalog: Catalog) -> PhotoText:
    photo = the_photo(catalog)
    return catalog.texts.of([photo])[photo]


def test_words_are_in_lower_case_and_without_accents() -> None:
    assert words_in("Été_IMG-2031.JPG, at the Straße!") == [
        "ete",
        "img",
        "2031",
        "jpg",
        "at",
        "the",
        "strasse",
    ]


def test_a_described_photo_has_words(catalog: Catalog) -> None:
    list_folder(catalog, ["IMG_2031.jpg"], folder="file:///home/photos/Caf%C3%A9")
    describe(catalog, **{"IMG_2031.jpg": "dog"})
    assert "dog" in held(catalog).caption
    assert set(held(catalog).names) == {"cafe", "img", "2031", "jpg"}
    for word in ("dog", "cafe", "2031"):
        assert catalog.texts.holding(word, 5) == [the_photo(catalog)]
    assert catalog.texts.holding("home", 5) == []
    assert catalog.texts.count() == 1


def test_a_moved_photo_has_the_words_of_its_new_place(catalog: Catalog) -> None:
    list_folder(catalog, ["before"])
    describe(catalog, before="dog")
    list_folder(catalog, ["after"])
    describe(catalog, after="dog")
    assert set(held(catalog).names) == {"photos", "after"}
    assert catalog.texts.holding("before", 5) == []


def test_tags_are_words(catalog: Catalog) -> None:
    list_folder(catalog, ["a"])
    describe(catalog, a="dog")
    catalog.metadata.record({the_photo(catalog): MetadataRow(keywords=("Great Dane",))})
    assert set(held(catalog).names) == {"photos", "a", "great", "dane"}
    catalog.metadata.record({the_photo(catalog): MetadataRow()})
    assert catalog.texts.holding("dane", 5) == []


def test_a_catalog_from_before_there_were_texts_catches_up(catalog: Catalog) -> None:
    names = [f"n{i}" for i in range(2500)]
    list_folder(catalog, names)
    describe(catalog, **{name: f"subject {name}" for name in names})
    with writing(catalog.engine) as connection:
        connection.execute(delete(texts))
    assert catalog.texts.holding("n7", 5) == []
    catalog.texts.catch_up()
    assert catalog.texts.count() == 2500
    assert len(catalog.texts.holding("n7", 5)) == 1
    assert len(catalog.texts.holding("photos", 300)) == 300


def test_words_outlive_reopening(new_url: Callable[[], str]) -> None:
    url = new_url()
    first = Catalog(url)
    list_folder(first, ["a"])
    describe(first, a="dog")
    first.close()
    again = Catalog(url)
    assert again.texts.holding("dog", 5) == [the_photo(again)]
    again.close()
