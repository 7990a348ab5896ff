"""The packaged models: whole, small, and the same answer whatever else is asked."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from wordsight import Library
from wordsight.errors import ModelError
from wordsight.models.captioner import Captioner
from wordsight.models.decoding import Decoded
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.models.vocabulary import Vocabulary
from wordsight.photos.decode import DecodedPhoto, decode
from wordsight.pipeline.describe import describe


@pytest.fixture(scope="module")
def decoded(sample_photos: Path) -> list[DecodedPhoto]:
    return [decode(path.read_bytes(), 224) for path in sorted(sample_photos.iterdir())]


def test_weights_are_what_their_records_say_and_below_60_mb(models: ModelSet) -> None:
    assert models.damaged_files() == []
    recorded = {name for record in models.records.values() for name in record.files}
    present = {path.name for path in WEIGHTS.iterdir()} - {"SOURCES.json"}
    assert recorded == present
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 60e6
    for record in models.records.values():
        assert record.origin
        assert record.licence
        assert record.made_by.startswith("wordsight train ")


def test_a_run_puts_away_what_looks_at_photos_and_it_is_there_again_when_needed(
    photos: Path, tmp_path: Path, decoded: list[DecodedPhoto]
) -> None:
    models = ModelSet()
    expected = [one.caption for one in describe(decoded, models)]
    with Library(tmp_path / "library", models) as library:
        assert library.index([photos]).described == len(decoded)
    assert not vars(models).keys() & {"captioner", "projection", "_backbone"}
    assert [one.caption for one in describe(decoded, models)] == expected


def test_a_changed_weight_file_is_noticed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    (folder / "adapter.npy").write_bytes(b"other")
    (folder / "vocabulary.txt").unlink()
    assert set(ModelSet(folder).damaged_files()) == {"adapter.npy", "vocabulary.txt"}


def test_other_weights_or_other_beams_have_another_identity(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    rows = json.loads((folder / "SOURCES.json").read_text())
    rows[0]["files"] = dict.fromkeys(rows[0]["files"], "0" * 64)
    (folder / "SOURCES.json").write_text(json.dumps(rows))
    identities = {ModelSet().identity, ModelSet(beams=1).identity, ModelSet(folder).identity}
    assert len(identities) == 3


def test_missing_or_damaged_models_say_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="install wordsight again"):
        ModelSet(tmp_path)
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    (folder / "encoder.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match=r"encoder(_int8)?\.onnx"):
        ModelSet(folder).encoder.encode(["a cat"])


def test_sentences_that_mean_the_same_lie_closer(models: ModelSet) -> None:
    texts = ["a dog runs in the snow", "a puppy is running through snow", "a plate of pasta"]
    vectors = models.encoder.encode(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.4


def test_an_embedding_does_not_depend_on_its_company(models: ModelSet) -> None:
    texts = ["a cat", "two dogs play with a ball in the deep snow near a fence", "a cat"]
    together = models.encoder.encode(texts)
    alone = np.concatenate([models.encoder.encode([text]) for text in texts])
    assert np.array_equal(together[0], together[2])
    assert np.abs(together - alone).max() < 1e-6
    assert models.encoder.encode([]).shape == (0, 384)


def test_captions_are_the_same_alone_in_any_batch_and_on_any_number_of_threads(
    models: ModelSet, decoded: list[DecodedPhoto]
) -> None:
    together = describe(decoded * 7, models)
    expected = [one.caption for one in together[: len(decoded)]]
    assert [one.caption for one in together] == expected * 7
    assert [describe([photo], models)[0].caption for photo in decoded] == expected
    backwards = describe(decoded[::-1], ModelSet(threads=1))
    assert [one.caption for one in backwards[::-1]] == expected


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_captions_are_sentences(decoded: list[DecodedPhoto], beams: int) -> None:
    for one in describe(decoded, ModelSet(beams=beams)):
        words = one.caption.split()
        assert 3 <= len(words) <= 21
        assert not any(first == second for first, second in pairwise(words))
        assert "<" not in one.caption
        assert one.confidence < 0
        assert np.allclose(one.attention.sum(1), 1, atol=1e-4)


def test_possessives_are_joined_and_keep_their_place_in_the_attention() -> None:
    captioner = Captioner(WEIGHTS)
    words = Vocabulary.load(WEIGHTS / "vocabulary.txt").words
    ids = tuple(words.index(word) for word in ("a", "man", "s", "hand"))
    looks = np.eye(4, 49, dtype=np.float32)
    caption = captioner._sentence(Decoded(ids, -1.0, looks))
    assert caption.text == "a man's hand"
    assert caption.attention.argmax(1).tolist() == [0, 1, 3]


def test_beams_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and 7"):
        Captioner(WEIGHTS, beams=8)


def test_pictures_land_near_the_words_that_describe_them(
    models: ModelSet, sample_photos: Path
) -> None:
    texts = {"chelsea.png": "a cat", "rocket.jpg": "a launch pad at night", "coffee.png": "a cup"}
    photos = [decode((sample_photos / name).read_bytes(), 224) for name in texts]
    pictures = np.stack([one.picture_vector for one in describe(photos, models)])
    queries = models.adapter.adapt(models.encoder.encode(list(texts.values())))
    assert list((queries @ pictures.T).argmax(1)) == [0, 1, 2]
