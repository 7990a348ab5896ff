"""Another encoder's embeddings, staged and put in place, on both databases."""

from __future__ import annotations

import numpy as np
from tests.catalog.steps import MODELS, describe, list_folder, model_rows, photo_id

from wordsight.catalog import Catalog
from wordsight.catalog.encoders import CaptionedPhoto

LATER = "models-2"


def vectors(count: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def described(catalog: Catalog) -> list[CaptionedPhoto]:
    list_folder(catalog, ["a", "b", "c"])
    describe(catalog, a="one", b="two", c="three")
    return catalog.encoders.unstaged(MODELS, LATER, after=-1, most=9)


def test_what_is_staged_is_in_place_at_once_and_not_before(catalog: Catalog) -> None:
    photos = described(catalog)
    assert {photo.caption for photo in photos} == {
        f"{n} by {MODELS}" for n in ("one", "two", "three")
    }
    assert [photo.uris[0].rpartition("/")[2] for photo in photos]
    assert catalog.encoders.described_by() == MODELS
    said, seen = vectors(3, 0), vectors(3, 1)
    catalog.encoders.stage(LATER, photos[:2], said[:2], seen[:2])
    assert catalog.encoders.count(MODELS, LATER) == 1
    assert [p.id for p in catalog.encoders.unstaged(MODELS, LATER, -1, 9)] == [photos[2].id]
    assert catalog.descriptions.vectors(MODELS).caption.shape == (3, 384)
    catalog.encoders.stage(LATER, photos, said, seen)  # again, over what was
    ids = catalog.descriptions.register_models(model_rows(LATER))
    before = catalog.descriptions.version()
    assert catalog.encoders.switch(LATER, ids, "/models/tiny") == 3
    now = catalog.descriptions.vectors(LATER)
    assert now.ids.tolist() == [photo.id for photo in photos]
    np.testing.assert_allclose(now.caption, said, atol=1e-3)
    np.testing.assert_allclose(now.picture, seen, atol=1e-3)
    assert catalog.descriptions.changed_ids(before).tolist() == now.ids.tolist()
    assert catalog.encoders.chosen() == "/models/tiny"
    kinds = {row.kind: row.revision for row in catalog.descriptions.models()}
    assert kinds == {"captioner": MODELS, "encoder": LATER, "projection": LATER}


def test_what_changed_since_it_was_staged_keeps_what_it_has(catalog: Catalog) -> None:
    photos = described(catalog)
    catalog.encoders.stage(LATER, photos, vectors(3, 0), vectors(3, 1))
    late = catalog.corrections.described(photo_id(catalog, "two"))
    assert late is not None
    assert catalog.corrections.record(late, "a better one")
    (again,) = catalog.encoders.unstaged(MODELS, LATER, after=-1, most=9)
    assert (again.caption, again.corrected) == ("a better one", True)
    ids = catalog.descriptions.register_models(model_rows(LATER))
    assert catalog.encoders.switch(LATER, ids, None) == 2
    assert catalog.encoders.chosen() is None
    assert catalog.encoders.count(MODELS, LATER) == 1
    assert catalog.descriptions.vectors(MODELS).caption.shape == (1, 384)
