"""The analysis counts what it says, and the models keep their promises in it."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from tests.conftest import Run

from wordsight.evaluation import grounding
from wordsight.evaluation.grounding import evaluate_grounding
from wordsight.evaluation.long_range import evaluate_long_range
from wordsight.evaluation.new_objects import evaluate_new_objects
from wordsight.evaluation.retrieval import Gallery
from wordsight.evaluation.sameness import evaluate_sameness
from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection
from wordsight.photos.decode import DecodedPhoto
from wordsight.photos.metadata import Metadata
from wordsight.pipeline.describe import Description

ANY = np.zeros(384, np.float32)


def said(
    caption: str, attention: np.ndarray | None = None, confidence: float = -1.0
) -> Description:
    words = caption.split()
    looks = np.full((len(words), 49), 1 / 49, np.float32) if attention is None else attention
    return Description(caption, confidence, looks, ANY, ANY)


def test_objects_are_counted_by_how_often_training_shows_them() -> None:
    """Two photos: a dog, which training shows five times, and a zebra, which it never does."""
    people = [
        ("A dog on the grass .", "A dog is here .", "A cat on the grass ."),
        ("A zebra in the grass .", "A zebra is here ."),
    ]
    photos = [SimpleNamespace(captions=captions) for captions in people]
    collection = SimpleNamespace(
        photos=photos,
        captions=[text for captions in people for text in captions],
        caption_owners=[0, 0, 0, 1, 1],
    )
    right = np.array([[2, 1], [2, 1], [1, 2], [2, 1], [1, 2]], np.float32)

    def scores(queries: Sequence[str]) -> np.ndarray:
        """Beside both photos ten others, that the first sentence of the zebra finds first."""
        others = np.zeros((len(queries), 10), np.float32)
        others[3] = 3
        return np.concatenate([right, others], axis=1)

    signals = dict.fromkeys(("caption, adapted", "picture", "fused"), scores)
    gallery = SimpleNamespace(said=["a dog on grass", "a dog"], signals=lambda: signals)
    training = [["A dog on the grass ."]] * 5
    told = evaluate_new_objects(cast(Collection, collection), cast(Gallery, gallery), training)
    rows = {row.training_photos: row for row in told.rows}
    assert set(rows) == {"none", "5 to 19"}
    assert (rows["none"].objects, rows["none"].named, rows["none"].queries) == (1, 0.0, 2)
    assert (rows["5 to 19"].objects, rows["5 to 19"].named) == (2, 1.0)  # the dog and its grass
    assert rows["none"].found["fused"] == 0.5
    assert rows["5 to 19"].found["picture"] == 1.0
    rarest = told.examples[0]
    assert (rarest.thing, rarest.photo, rarest.said, rarest.rank) == ("zebra", 1, "a dog", 12)


def test_captions_are_scored_by_their_length_and_errors_counted() -> None:
    captions = [
        "a dog runs",
        "two dog in the snow",
        "a dog with a dog",
        "a man in a red shirt and a man in a red shirt",
        "a dog on the",
    ]
    people = ["A dog runs .", "A man in the snow ."]
    told = evaluate_long_range([said(text) for text in captions], [people] * len(captions))
    assert [(row.words, row.photos) for row in told.lengths] == [("1 to 7", 4), ("12 to 14", 1)]
    assert 0 < told.lengths[1].scores["METEOR"] < told.lengths[0].scores["METEOR"]
    found = {row.error.split(",")[0]: row for row in told.errors}
    assert found["a number and its noun"].examples == (captions[1],)
    assert found["a thing is named twice"].examples == (captions[2], captions[3])
    assert found["three words in a row stand twice"].examples == (captions[3],)
    assert found["ends in the middle of a phrase"].examples == (captions[4],)
    assert all(row.people == 0 for row in told.errors)


def test_a_photo_has_the_same_caption_however_it_is_described(
    sample_photos: Path, models: ModelSet
) -> None:
    photos = [path.read_bytes() for path in sorted(sample_photos.iterdir())] * 2
    for one in evaluate_sameness(photos, models):
        if one.promised:
            assert one.same == one.photos == len(photos), one.way
            assert max(one.confidence, one.vector) < 1e-5, one.way


def lamp(cell: int) -> DecodedPhoto:
    """A dark photo with one bright cell of 7 x 7."""
    pixels = np.zeros((224, 224, 3), np.uint8)
    y, x = divmod(cell, 7)
    pixels[32 * y : 32 * y + 32, 32 * x : 32 * x + 32] = 255
    return DecodedPhoto(pixels, 224, 224, "PNG", Metadata())


def tells_lamps(photos: Sequence[DecodedPhoto], _models: ModelSet) -> list[Description]:
    """Looks at the brightest cell; without any there is no lamp to name."""
    told = []
    for photo in photos:
        bright = photo.pixels[16::32, 16::32, 0].ravel()
        look = np.eye(49, dtype=np.float32)[[0, bright.argmax()]]
        told.append(said("a lamp" if bright.max() > 200 else "a wall", look))
    return told


def test_grounding_tells_attention_that_follows_the_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "describe", tells_lamps)
    cells = [0, 8, 20, 33, 48]
    ticks: list[int] = []
    nouns = frozenset({"lamp", "wall"})
    models = cast(ModelSet, None)
    told = evaluate_grounding([lamp(c) for c in cells], cells, models, nouns, ticks.append)
    assert (told.nouns, told.mirrored, told.hidden) == (5, 5, 5)
    assert told.follows == pytest.approx(1)
    assert (told.lost_looked, told.lost_other) == (1.0, 0.0)
    assert told.cells == pytest.approx(1)
    assert sum(ticks) == 5 * 4


@pytest.fixture
def collection(sample_photos: Path, tmp_path: Path) -> Path:
    texts = {
        "chelsea.png": ["A cat with green eyes .", "A cat is looking up ."],
        "coffee.png": ["A cup on a table .", "A cup of coffee ."],
        "astronaut.png": ["A woman in an orange suit .", "A woman is smiling ."],
    }
    with tarfile.open(tmp_path / "few.tar", "w") as tar:
        for name in texts:
            tar.add(sample_photos / name, name)
    rows = [{"file": name, "captions": captions} for name, captions in texts.items()]
    (tmp_path / "few.json").write_text(json.dumps(rows))
    return tmp_path / "few"


def test_the_command_writes_a_page_and_tells_the_same_as_json(
    collection: Path, tmp_path: Path, wordsight: Run
) -> None:
    page = tmp_path / "page.html"
    taught = ("--training", collection)
    run = wordsight("evaluate", "analysis", collection, *taught, "--report", page, "--json")
    assert (run.returncode, run.stderr) == (0, "")
    text = page.read_text()
    assert "<script" not in text
    assert not re.search(r"(src|href)=.?https?:", text)
    for title in ("New objects", "Sameness", "Long range", "Grounding"):
        assert f"<h2>{title}</h2>" in text
    assert text.count("<svg") == 2
    assert text.count("data:image/jpeg") >= 3
    told: dict[str, Any] = json.loads(run.stdout)
    assert told["photos"] == 3
    assert {row["training_photos"] for row in told["new_objects"]["rows"]} == {"1 to 4"}


def test_a_page_that_cannot_be_written_is_told(
    collection: Path, tmp_path: Path, wordsight: Run
) -> None:
    run = wordsight(
        "evaluate",
        "analysis",
        collection,
        "--training",
        collection,
        "--report",
        tmp_path / "no" / "x",
    )
    assert run.returncode == 1
    assert "cannot write" in run.stderr
    assert len(run.stderr.splitlines()) == 1
