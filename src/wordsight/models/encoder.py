"""The sentence encoder: text to a unit vector in the space that everything is searched in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from wordsight.errors import ModelError
from wordsight.models.precision import Precision, form
from wordsight.models.runtime import Floats, OnnxModel

MAX_CHARACTERS = 2000
"""Longer texts are cut before tokenisation; the model itself reads 128 word pieces."""

_BATCH = 64
_FEW = 2
"""So few sentences are encoded sooner by one core than by several, which wait for each other."""


class SentenceEncoder:
    """BERT with mean pooling (all-MiniLM-L6-v2 as packaged).

    Args:
        folder: holds `encoder.onnx` and `tokenizer.json`.
        threads: cores for one call; 0 means all.
        precision: of the arithmetic.

    Raises:
        ModelError: a file is missing or damaged, be it that it is first needed by `encode`.
    """

    dimension = 384

    def __init__(self, folder: Path, threads: int = 0, precision: Precision = "float32") -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the Rust library raises bare Exception
            raise ModelError(f"cannot load the tokenizer in {folder}: {error}") from error
        self._path = form(folder / "encoder.onnx", precision)
        self._threads = threads

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit-length float32 embeddings `[len(texts), 384]`, in the order of `texts`.

        Equal texts are encoded once, and texts of like length together, so that little
        is spent on padding.
        """
        distinct = sorted(set(texts), key=lambda text: (len(text), text))
        encoded = np.empty((len(distinct), self.dimension), np.float32)
        for start in range(0, len(distinct), _BATCH):
            batch = distinct[start : start + _BATCH]
            encoded[start : start + len(batch)] = self._encode_batch(batch)
        place = {text: i for i, text in enumerate(distinct)}
        return encoded[[place[text] for text in texts]]

    def _encode_batch(self, texts: Sequence[str]) -> Floats:
        tokens = self._tokenizer.encode_batch([readable(text) for text in texts])
        ids = np.array([row.ids for row in tokens], np.int64)
        mask = np.array([row.attention_mask for row in tokens], np.int64)
        model = self._for_few if len(texts) <= _FEW else self._for_many
        return model(ids=ids, mask=mask)[0]

    @cached_property
    def _for_few(self) -> OnnxModel:
        return OnnxModel(self._path, 1)

    @cached_property
    def _for_many(self) -> OnnxModel:
        return self._for_few if self._threads == 1 else OnnxModel(self._path, self._threads)


def readable(text: str) -> str:
    """Cut if it is too long; bytes that are no text (lone surrogates, as the command line may
    have them) become question marks."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
