"""Which photos meet which filters, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.catalog.steps import MODELS, content_hash, list_folder, model_rows, photo_row

from wordsight.catalog import Catalog
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.search.language import parse

PHOTOS = {
    "holiday/IMG_2031.jpg": (
        "two dogs on a beach",
        MetadataRow(
            datetime(2023, 6, 15, 12),
            make="Google",
            model="Pixel 7",
            latitude=51.0,
            longitude=4.4,
            rating=4,
            keywords=("Family", "été"),
        ),
    ),
    "holiday/2022/IMG_7.jpg": (
        "a dog on a beach",
        MetadataRow(datetime(2022, 12, 31, 23, 59), make="Canon", model="EOS R6", lens="RF 85mm"),
    ),
    "work/100%25_sure.png": ("a red car on a street", MetadataRow(rating=2, keywords=("family",))),
    "work/Holidays.heic": ("a car that is red", MetadataRow(datetime(2024, 1, 1))),
}
SIZES = {"work/100%25_sure.png": (480, 640), "work/Holidays.heic": (500, 500)}
NAMES = list(PHOTOS)


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    list_folder(catalog, NAMES, folder="file:///home/me/My%20Pictures")
    waiting = list(catalog.inventory.waiting(MODELS, False))
    ids = {file.uri.split("My%20Pictures/")[1]: file.id for file in waiting}
    rows = []
    for name, (caption, metadata) in PHOTOS.items():
        width, height = SIZES.get(name, (640, 480))
        kind = {"png": "PNG", "heic": "HEIF"}.get(name.rpartition(".")[2], "JPEG")
        described = replace(photo_row(name), caption=caption, metadata=metadata, format=kind)
        rows.append(replace(described, width=width, height=height))
    places = {ids[name]: content_hash(name) for name in PHOTOS}
    models = catalog.descriptions.register_models(model_rows(MODELS))
    catalog.descriptions.record(rows, places, models, MODELS)
    return catalog


def found(catalog: Catalog, text: str) -> list[str]:
    """Names of the photos that meet the filters in a query, in the order of `PHOTOS`."""
    ids = catalog.filtering.ids(parse(text).conditions).tolist()
    assert ids == sorted(ids)
    details = catalog.descriptions.details(ids)
    names = {uri.split("My%20Pictures/")[1] for one in details.values() for uri in one.uris}
    return [name for name in NAMES if name in names]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("after:2023", [0, 3]),
        ("after:2023-06-16", [3]),
        ("before:2023", [1]),
        ("date:2022", [1]),
        ("date:2023-06", [0]),
        ("date:2022 date:2024", [1, 3]),
        ("-date:2022", [0, 2, 3]),
        ("after:2022 before:2024", [0, 1]),
        ("folder:holiday", [0, 1]),
        ("folder:HOLIDAY", [0, 1]),
        ("folder:holi", []),
        ("folder:holiday/2022", [1]),
        ('folder:"my pictures"', [0, 1, 2, 3]),
        ('folder:"My Pictures/work/"', [2, 3]),
        ("-folder:holiday", [2, 3]),
        ("folder:work folder:2022", [1, 2, 3]),
        ("name:img_", [0, 1]),
        ("name:holiday", [3]),
        ("name:100%", [2]),
        ("name:0%_", [2]),
        ("camera:pixel", [0]),
        ('camera:"google pixel 7"', [0]),
        ("camera:pixel camera:canon", [0, 1]),
        ("-camera:canon", [0, 2, 3]),
        ("lens:85mm", [1]),
        ("tag:FAMILY", [0, 2]),
        ("tag:été", [0]),
        ("tag:fam", []),
        ("rating:>=3", [0]),
        ("rating:2", [2]),
        ("-rating:>=3", [1, 2, 3]),
        ("format:jpg", [0, 1]),
        ("format:png", [2]),
        ("orientation:landscape", [0, 1]),
        ("orientation:portrait", [2]),
        ("orientation:square", [3]),
        ("has:gps", [0]),
        ("has:date", [0, 1, 3]),
        ("-has:camera", [2, 3]),
        ("has:tags", [0, 2]),
        ("has:rating has:tags -has:gps", [2]),
        ('"red car"', [2]),
        ('"RED, car!"', [2]),
        ('-"red car" folder:work', [3]),
        ("x -dogs", [2, 3]),
        ("x -dog", [2, 3]),
        ("after:2022 folder:work orientation:square", [3]),
        ("'); drop table photos; --", [0, 1, 2, 3]),
        ('"dog\' OR 1=1"', []),
    ],
)
def test_a_filter_finds_these(filled: Catalog, text: str, places: list[int]) -> None:
    assert found(filled, text) == [NAMES[i] for i in places]


def test_photos_that_lie_nowhere_meet_nothing(filled: Catalog) -> None:
    list_folder(filled, NAMES[:1], folder="file:///home/me/My%20Pictures")
    assert found(filled, "format:jpg") == NAMES[:1]
    assert found(filled, "tag:family") == NAMES[:1]


def test_the_newest_come_first_and_the_undated_last(filled: Catalog) -> None:
    ids = filled.filtering.newest(parse("folder:holiday folder:work").conditions, 10)
    details = filled.descriptions.details(ids)
    assert [details[i].taken_at for i in ids] == [
        datetime(2024, 1, 1),
        datetime(2023, 6, 15, 12),
        datetime(2022, 12, 31, 23, 59),
        None,
    ]
    assert filled.filtering.newest(parse("folder:holiday").conditions, 1) == ids[1:2]
