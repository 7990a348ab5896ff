"""Tiny encoders with random weights, in the forms that large ones come in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

WORDS = [
    *("[PAD]", "[UNK]", "a", "the", "in", "on", "of", "and", "with", "cat", "dog", "temple", "man"),
    *("astronaut", "woman", "flower", "rocket", "coffee", "cup", "street", "building", "white"),
    *("red", "black", "standing", "sitting"),
]
DIMENSION = 12
SIDE = 32

ONNX = {"opset_imports": [helper.make_opsetid("", 17)], "ir_version": 8}


def weights(name: str, *shape: int, seed: int = 0) -> onnx.TensorProto:
    random = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return numpy_helper.from_array(random, name)


def save(path: Path, nodes: list[onnx.NodeProto], inputs: dict, outputs: dict, kept: list) -> None:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, *told) for name, told in inputs.items()],
        [helper.make_tensor_value_info(name, *told) for name, told in outputs.items()],
        kept,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, **ONNX), path)


def save_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    tokenizer.save(str(folder / "tokenizer.json"))


def save_sentence_transformer(folder: Path, pooling: str = "mean_tokens", seed: int = 0) -> Path:
    """Each word has a vector of its own: a sentence lies among those of its words."""
    ids = (TensorProto.INT64, ["n", "length"])
    save(
        folder / "onnx" / "model.onnx",
        [helper.make_node("Gather", ["words", "input_ids"], ["last_hidden_state"])],
        {"input_ids": ids, "attention_mask": ids, "token_type_ids": ids},
        {"last_hidden_state": (TensorProto.FLOAT, ["n", "length", DIMENSION])},
        [weights("words", len(WORDS), DIMENSION, seed=seed)],
    )
    save_tokenizer(folder)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    told = {f"pooling_mode_{pooling}": True, "word_embedding_dimension": DIMENSION}
    told.setdefault("pooling_mode_mean_tokens", False)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(told))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16}))
    modules = [{"type": f"sentence_transformers.models.{m}"} for m in ("Transformer", "Pooling")]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def save_clip_pair(folder: Path) -> Path:
    """A sentence is the sum of its words, a picture its mean colour: made known by no training."""
    save(
        folder / "onnx" / "text_model.onnx",
        [
            helper.make_node("Gather", ["words", "input_ids"], ["states"]),
            helper.make_node("ReduceSum", ["states", "axis"], ["text_embeds"], keepdims=0),
        ],
        {"input_ids": (TensorProto.INT64, ["n", 77])},
        {
            "text_embeds": (TensorProto.FLOAT, ["n", DIMENSION]),
            "states": (TensorProto.FLOAT, ["n", 77, DIMENSION]),
        },
        [weights("words", len(WORDS), DIMENSION), numpy_helper.from_array(np.array([1]), "axis")],
    )
    save(
        folder / "onnx" / "vision_model.onnx",
        [
            helper.make_node("ReduceMean", ["pixel_values"], ["colour"], axes=[2, 3], keepdims=0),
            helper.make_node("MatMul", ["colour", "sight"], ["image_embeds"]),
        ],
        {"pixel_values": (TensorProto.FLOAT, ["n", 3, SIDE, SIDE])},
        {"image_embeds": (TensorProto.FLOAT, ["n", DIMENSION])},
        [weights("sight", 3, DIMENSION, seed=1)],
    )
    save_tokenizer(folder)
    looks = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25]}
    (folder / "preprocessor_config.json").write_text(json.dumps(looks))
    return folder


@pytest.fixture
def sentence_transformer(tmp_path: Path) -> Path:
    return save_sentence_transformer(tmp_path / "tiny-sentences")


@pytest.fixture
def clip_pair(tmp_path: Path) -> Path:
    return save_clip_pair(tmp_path / "tiny-clip")
