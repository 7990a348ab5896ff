"""Thumbprints and series of near-duplicates, on both databases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.catalog.steps import (
    MODELS,
    content_hash,
    describe,
    list_folder,
    model_rows,
    photo_id,
    photo_row,
    waiting,
)

from wordsight.catalog import Catalog

PRINT = bytes(range(256)) * 4


def described(catalog: Catalog, *contents: str, described_by: str = MODELS) -> list[int]:
    """Photos with thumbprints, each in a file of its own."""
    list_folder(catalog, contents)
    files = waiting(catalog, described_by, retry_failed=True)
    places = {files[name]: content_hash(name) for name in contents if name in files}
    rows = [replace(photo_row(name, described_by), thumbprint=PRINT) for name in contents]
    ids = catalog.descriptions.register_models(model_rows(described_by))
    catalog.descriptions.record(rows, places, ids, described_by)
    return [photo_id(catalog, name, described_by) for name in contents]


def test_new_photos_wait_until_they_are_compared(catalog: Catalog) -> None:
    first, second, third = described(catalog, "a", "b", "c")
    likenesses = catalog.likenesses
    assert likenesses.count_waiting(MODELS) == 3
    rows = likenesses.waiting(MODELS, 2)
    assert rows is not None
    assert rows.ids.tolist() == [first, second]
    assert rows.thumbprints.tobytes() == PRINT * 2
    np.testing.assert_allclose(rows.vectors[0], photo_row("a").picture_vector, atol=1e-3)
    assert (rows.cameras.tolist(), rows.compared.tolist()) == ([0, 0], [False, False])
    likenesses.record([first, second], [])
    assert likenesses.count_waiting(MODELS) == 1
    (known,) = likenesses.known(MODELS, [third])
    compared = dict(zip(known.ids.tolist(), known.compared.tolist(), strict=True))
    assert compared == {first: True, second: True, third: False}
    (known,) = likenesses.known(MODELS, [second])
    assert known.ids.tolist() == [first, second]
    likenesses.record([third], [])
    assert likenesses.waiting(MODELS, 2) is None


def test_groups_join_into_series_and_what_lies_nowhere_does_not_count(catalog: Catalog) -> None:
    a, b, c, d, e = described(catalog, "a", "b", "c", "d", "e")
    likenesses = catalog.likenesses
    likenesses.record([a, b], [[a, b]])
    likenesses.record([c, d], [[c, d]])
    assert likenesses.series(10) == {a: [a, b], c: [c, d]}
    assert likenesses.series(1) == {a: [a, b]}
    assert likenesses.series(10, after=a) == {c: [c, d]}
    likenesses.record([e], [[e, b, d]])
    assert likenesses.series(10) == {a: [a, b, c, d, e]}
    assert catalog.descriptions.details([e])[e].series == a
    list_folder(catalog, ["b", "d"])
    assert likenesses.series(10) == {a: [b, d]}
    assert likenesses.sizes([a]) == {a: 2}
    assert likenesses.of_series(a) == [b, d]
    list_folder(catalog, ["d"])
    assert likenesses.series(10) == {}
    assert likenesses.sizes([a]) == {a: 1}


def test_described_by_other_models_photos_are_compared_anew(catalog: Catalog) -> None:
    a, b = described(catalog, "a", "b")
    catalog.likenesses.record([a, b], [[a, b]])
    described(catalog, "a", "b", described_by="models-2")
    assert catalog.likenesses.series(10) == {}
    assert catalog.likenesses.count_waiting("models-2") == 2
    assert catalog.likenesses.count_waiting(MODELS) == 0


def test_photos_without_a_thumbprint_are_told_and_then_known(catalog: Catalog) -> None:
    (a,) = described(catalog, "a")
    list_folder(catalog, ["a", "x", "y"])
    describe(catalog, x="as before", y="gone")
    x, y = photo_id(catalog, "as before"), photo_id(catalog, "gone")
    likenesses = catalog.likenesses
    assert likenesses.count_unknown() == 2
    (batch,) = likenesses.unknown()
    assert [photo.id for photo in batch] == [x, y]
    assert [photo.uris[0].rpartition("/")[2] for photo in batch] == ["x", "y"]
    likenesses.add({x: PRINT, y: b""})
    likenesses.add({x: b""})  # what another run has stored meanwhile stays
    assert likenesses.count_unknown() == 0
    assert likenesses.count_waiting(MODELS) == 2
    rows = likenesses.waiting(MODELS, 9)
    assert rows is not None
    assert rows.ids.tolist() == [a, x]
