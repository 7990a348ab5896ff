"""Encoders of other kinds by themselves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import numpy_helper
from tests.encoders.conftest import DIMENSION, WORDS, save_sentence_transformer, weights

from wordsight.errors import ModelError
from wordsight.models.encoders import registry
from wordsight.models.encoders.registry import find_encoder


def of_words(*words: str) -> np.ndarray:
    return numpy_helper.to_array(weights("words", len(WORDS), DIMENSION))[
        [WORDS.index(word) for word in words]
    ]


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def test_a_sentence_transformer_pools_what_is_no_padding(sentence_transformer: Path) -> None:
    encoder = find_encoder(str(sentence_transformer)).load()
    assert (encoder.dimension, encoder.sees) == (DIMENSION, False)
    texts = ["a cat", "the white dog on a street with a red flower", "temple"]
    together = encoder.encode(texts)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together[0], unit(of_words("a", "cat").mean(0)), atol=1e-6)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-6)
    many = encoder.encode(["a cat", "temple"] * 50)
    np.testing.assert_allclose(many[98:], together[[0, 2]], atol=1e-6)
    encoder.encode(["cat " * 5000, "", "\udcff"])  # whatever is typed


def test_or_takes_the_first_token(tmp_path: Path) -> None:
    encoder = find_encoder(str(save_sentence_transformer(tmp_path / "cls", "cls_token"))).load()
    np.testing.assert_allclose(encoder.encode(["cat dog"])[0], unit(of_words("cat")[0]), atol=1e-6)


def test_a_clip_pair_reads_and_sees(clip_pair: Path) -> None:
    encoder = find_encoder(str(clip_pair)).load()
    assert encoder.sees
    padded = of_words("a", "cat", *["[PAD]"] * 75).sum(0)
    np.testing.assert_allclose(encoder.encode(["a cat"])[0], unit(padded), atol=1e-5)
    red = np.zeros((20, 224, 224, 3), np.uint8)
    red[:, :, :, 0] = 255
    seen = encoder.look(red)
    assert seen.shape == (20, DIMENSION)
    colour = (np.array([1.0, 0.0, 0.0]) - 0.5) / 0.25
    expected = unit(colour @ numpy_helper.to_array(weights("sight", 3, DIMENSION, seed=1)))
    np.testing.assert_allclose(seen[7], expected, atol=1e-5)


def test_a_row_and_a_file_add_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Letters:
        """Sentences by their first letters: a whole encoder."""

        dimension, sees = 26, False

        def __init__(self, files: dict[str, Path], threads: int) -> None: ...

        def encode(self, texts: list[str]) -> np.ndarray:
            return np.eye(26, dtype=np.float32)[[ord(text[0]) - ord("a") for text in texts]]

    (tmp_path / "letters").touch()
    kind = (lambda folder: {"all": folder / "letters"}), Letters
    monkeypatch.setitem(registry.KINDS, "letters", kind)
    found = find_encoder(str(tmp_path))
    assert found.kind == "letters"
    assert found.load().encode(["b"])[0, 1] == 1


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("tokenizer.json", "{", "cannot load the tokenizer"),
        ("onnx/model.onnx", "no model", "cannot load the model"),
        ("1_Pooling/config.json", "{", "damaged"),
        ("1_Pooling/config.json", "[]", "damaged"),
        ("1_Pooling/config.json", '{"pooling_mode_mean_tokens": false}', "does not know"),
        ("modules.json", json.dumps([{"type": "sentence_transformers.models.Dense"}]), "not know"),
    ],
)
def test_what_is_damaged_or_unknown_is_told(
    sentence_transformer: Path, file: str, content: str, said: str
) -> None:
    (sentence_transformer / file).write_text(content)
    with pytest.raises(ModelError, match=said):
        find_encoder(str(sentence_transformer)).load()


def test_where_there_is_none_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="neither a sentence-transformers"):
        find_encoder(str(tmp_path))
    with pytest.raises(ModelError, match="there is no folder"):
        find_encoder(str(tmp_path / "none"))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match=r"install wordsight\[hub\]"):
        find_encoder("sentence-transformers/all-mpnet-base-v2")
