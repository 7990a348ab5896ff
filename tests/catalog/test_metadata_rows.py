"""Metadata: stored with a photo, read again when the reader changes, kept when copies differ."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from tests.catalog.steps import content_hash, describe, list_folder, photo_id

from wordsight.catalog import Catalog
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.catalog.schema import keywords

ROW = MetadataRow(
    taken_at=datetime(2020, 2, 29, 12),
    utc_offset=-210,
    make="Google",
    model="Pixel 7",
    lens="wide",
    latitude=-33.9,
    longitude=18.4,
    rating=-1,
    keywords=("harbour", "Été"),
    read_by=1,
)


def two_photos(catalog: Catalog) -> tuple[int, int]:
    """A dog in two places and a cat in one."""
    list_folder(catalog, ["a", "b", "copy"])
    describe(catalog, a="dog", b="cat", copy="dog")
    return photo_id(catalog, "dog"), photo_id(catalog, "cat")


def outdated(catalog: Catalog, reader: int) -> dict[int, list[str]]:
    found = [photo for chunk in catalog.metadata.outdated(reader) for photo in chunk]
    assert catalog.metadata.count_outdated(reader) == len(found)
    return {photo.id: [uri.rpartition("/")[2] for uri in photo.uris] for photo in found}


def test_what_is_recorded_is_given_back_and_replaced(catalog: Catalog) -> None:
    dog, cat = two_photos(catalog)
    version = catalog.descriptions.version()
    catalog.metadata.record({dog: ROW, cat: ROW})
    assert catalog.metadata.of(dog) == ROW
    catalog.metadata.record({dog: MetadataRow(keywords=("Dog", "DOG"), read_by=1)})
    assert catalog.metadata.of(dog) == MetadataRow(keywords=("Dog",), read_by=1)
    assert catalog.metadata.of(cat) == ROW
    assert catalog.metadata.of(999) is None
    assert catalog.descriptions.version() == version  # nothing else is found than before
    detail = catalog.descriptions.details([cat])[cat]
    assert (detail.camera, detail.taken_at) == ("Pixel 7", ROW.taken_at)


def test_keywords_can_be_compared_whatever_their_case(catalog: Catalog) -> None:
    dog, _ = two_photos(catalog)
    catalog.metadata.record({dog: ROW})
    wanted = select(keywords.c.photo_id).where(keywords.c.folded == "ÉTÉ".casefold())
    with catalog.engine.connect() as connection:
        assert connection.scalars(wanted).all() == [dog]


def test_a_new_reader_reads_all_photos_again_and_nobody_elses(catalog: Catalog) -> None:
    dog, cat = two_photos(catalog)
    assert outdated(catalog, 1) == {}
    assert outdated(catalog, 2) == {dog: ["a", "copy"], cat: ["b"]}
    catalog.metadata.record({dog: MetadataRow(read_by=2)})
    assert outdated(catalog, 2) == {cat: ["b"]}
    list_folder(catalog, ["a", "copy"])  # the cat is gone
    assert outdated(catalog, 2) == {}


def test_a_copy_without_a_sidecar_takes_nothing_away(catalog: Catalog) -> None:
    dog, cat = two_photos(catalog)
    catalog.metadata.record({dog: ROW, cat: ROW})
    plain = MetadataRow(rating=1, read_by=1)
    catalog.metadata.see_again({content_hash(name): plain for name in ("dog", "cat", "bird")})
    assert catalog.metadata.of(dog) == ROW
    assert catalog.metadata.of(cat) == plain
    edited = MetadataRow(rating=2, read_by=1, from_sidecar=True)
    catalog.metadata.see_again({content_hash("dog"): edited})
    assert catalog.metadata.of(dog) == MetadataRow(rating=2, read_by=1)
