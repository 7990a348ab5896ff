"""Any sentence-transformers model with ONNX weights: BERT and its kin, mean or [CLS] pooling."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wordsight.errors import ModelError
from wordsight.models.encoders.parts import Tokens, first_of, in_batches, read_json, unit
from wordsight.models.runtime import Floats, OnnxModel, Pixels


class SentenceTransformer:
    """A transformer, pooled: its ONNX weights, tokenizer, and what its JSON files tell."""

    sees = False

    def __init__(self, files: dict[str, Path], threads: int) -> None:
        pooling = read_json(files.get("pooling"))
        self._first = bool(pooling.get("pooling_mode_cls_token"))
        unknown = not self._first and not pooling.get("pooling_mode_mean_tokens", True)
        if unknown or "Dense" in files["modules"].read_text("utf-8"):
            raise ModelError("this model pools or projects in a way that wordsight does not know")
        longest = read_json(files.get("lengths")).get("max_seq_length") or 512
        self._tokens = Tokens(files["tokenizer"], longest)
        self._model = OnnxModel(files["weights"], threads)
        self.dimension = self.encode(["a"]).shape[1]

    def encode(self, texts: Sequence[str]) -> Floats:
        return in_batches(self._pooled, texts)

    def look(self, pixels: Pixels) -> Floats:
        raise ModelError(f"a sentence-transformers model cannot see {len(pixels)} pictures")

    def _pooled(self, texts: Sequence[str]) -> Floats:
        ids, mask = self._tokens(texts)
        states = self._model(**self._tokens.named(self._model.inputs, ids, mask))[0]
        shares = mask[:, :, None] / np.maximum(mask.sum(1), 1)[:, None, None]
        return unit(states[:, 0] if self._first else (states * shares).sum(1))


def files(folder: Path) -> dict[str, Path] | None:
    """Those of a model that sentence-transformers has saved."""
    return first_of(
        folder,
        needed={
            "modules": ["modules.json"],
            "weights": ["onnx/model.onnx", "model.onnx"],
            "tokenizer": ["tokenizer.json"],
        },
        wished={"pooling": "1_Pooling/config.json", "lengths": "sentence_bert_config.json"},
    )
