"""What the kinds of encoders share: finding their files, tokenising, running towers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wordsight.errors import ModelError
from wordsight.models.encoder import readable
from wordsight.models.runtime import Floats, OnnxModel

Ids = npt.NDArray[np.int64]

_BATCH = 32
_IDS, _MASK = ("input_ids", "ids", "text"), ("attention_mask", "mask")


def first_of(
    folder: Path, needed: Mapping[str, Sequence[str]], wished: Mapping[str, str]
) -> dict[str, Path] | None:
    """The first file that there is for each need, and those wished for; None if one is missing."""
    found = {}
    for what, names in needed.items():
        there = [folder / name for name in names if (folder / name).is_file()]
        if not there:
            return None
        found[what] = there[0]
    return found | {w: folder / name for w, name in wished.items() if (folder / name).is_file()}


def read_json(path: Path | None) -> dict[str, Any]:
    """What a file tells; nothing if there is none.

    Raises:
        ModelError: it is no JSON object.
    """
    if path is None:
        return {}
    try:
        told = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}") from error
    if not isinstance(told, dict):
        raise ModelError(f"{path} is damaged: it holds no object")
    return told


def in_batches(work: Callable[[Any], Floats], items: Any) -> Floats:
    """What is made of some items at a time, together."""
    return np.concatenate([work(items[i : i + _BATCH]) for i in range(0, len(items), _BATCH)])


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    """Vectors `[n, d]` of length one."""
    length = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.asarray(vectors / length, np.float32)


def unit_output(model: OnnxModel, inputs: Mapping[str, npt.NDArray[Any]]) -> Floats:
    """The output that is one vector a row, as unit vectors: exports give others beside it.

    Raises:
        ModelError: none is.
    """
    flat = [one for one in model(**inputs) if one.ndim == 2]
    if not flat:
        raise ModelError("this model gives no embeddings: none of its outputs is a vector a row")
    return unit(flat[0])


class Tokens:
    """A `tokenizer.json`; texts are cut to `longest` tokens, and padded to the longest or to
    `pads_to`.

    Raises:
        ModelError: the file is damaged.
    """

    def __init__(self, path: Path, longest: int, pads_to: int | None = None) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust library raises bare Exception
            raise ModelError(f"cannot load the tokenizer {path}: {error}") from error
        padding = self._tokenizer.padding or {}
        filler = {k: padding[k] for k in ("pad_id", "pad_token", "pad_type_id") if k in padding}
        self._tokenizer.enable_padding(**filler, length=pads_to)
        self._tokenizer.enable_truncation(longest)

    def __call__(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        """Ids and mask, int64 `[n, length]` each."""
        rows = self._tokenizer.encode_batch([readable(text) for text in texts])
        ids = np.array([row.ids for row in rows], np.int64)
        return ids, np.array([row.attention_mask for row in rows], np.int64)

    def named(self, inputs: Mapping[str, object], ids: Ids, mask: Ids) -> dict[str, Ids]:
        """As a model's inputs are named; what is neither ids nor mask are types of tokens: zero."""
        return {
            name: ids if name in _IDS else mask if name in _MASK else np.zeros_like(ids)
            for name in inputs
        }
