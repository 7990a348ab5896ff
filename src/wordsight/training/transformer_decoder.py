"""A transformer decoder (Vaswani et al. 2017) in the GRU's place, of about its size.

Shapes: n photos, b captions (or beams) a photo, t words, l = 49 grid cells, w = width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.models.vocabulary import START
from wordsight.training.decoder import CaptionDecoder

_LONGEST = 32
"""Words that have a position; more than a caption ever has."""


class CaptionTransformer(CaptionDecoder):
    """Decoder over a frozen CNN grid; its state are keys and values of the words so far.

    Args:
        vocabulary: number of words, special ones included.
        channels: features of a grid cell.
        width: of annotations, words and layers.
        layers: each looks at the words so far, then at the photo.
        heads: of each attention; `width` is a multiple.
        dropout: on features, words, and what each part of a layer adds.
    """

    def __init__(
        self,
        vocabulary: int,
        channels: int = 1280,
        cells: int = 49,
        width: int = 256,
        layers: int = 3,
        heads: int = 8,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(vocabulary, channels, cells, width, width, dropout)
        self.keys = nn.Linear(width, layers * width)
        self.values = nn.Linear(width, layers * width)
        self.positions = nn.Parameter(0.1 * torch.randn(_LONGEST, width))
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(layers))
        self.norm_out = nn.LayerNorm(width)

    def start(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Grid `[n, l, channels]` to values and keys `[n, l, layers * w]`, an empty state."""
        annotations = self.look(grid)
        return self.values(annotations), self.keys(annotations), grid.new_zeros(grid.shape[0], 0)

    def advance(
        self, word: Tensor, state: Tensor, values: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One word on: output features `[n, b, w]`, a longer state, attention."""
        past = state.reshape(*state.shape[:2], -1, len(self.layers), 2 * self.words.embedding_dim)
        output, longer, attention = self._read(word[..., None], past, values, keys, None)
        return output.squeeze(2), longer.flatten(2), attention.squeeze(2)

    def forward(self, grid: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Teacher forcing: word ids `[n, b, t]` to outputs `[n, b, t, w]`, attention."""
        values, keys, _ = self.start(grid)
        before = F.pad(words[..., :-1], (1, 0), value=START)
        none = values.new_zeros(*words.shape[:2], 0, len(self.layers), 2 * self.words.embedding_dim)
        length = words.shape[2]
        later = torch.ones(length, length, dtype=torch.bool, device=words.device).triu(1)
        output, _, attention = self._read(before, none, values, keys, later)
        return output, attention

    def _read(
        self, words: Tensor, past: Tensor, values: Tensor, keys: Tensor, barred: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Words `[n, b, t]` after those of a state; attention is the last layer's."""
        first, width = past.shape[2], self.words.embedding_dim
        x = self.words(words) * width**0.5 + self.positions[first : first + words.shape[2]]
        x = self.dropout(x)
        held = []
        for i, layer in enumerate(self.layers):
            part = slice(i * width, (i + 1) * width)
            seen = (keys[..., part], values[..., part])
            x, memory, attention = layer(x, past[..., i, :], seen, barred)
            held.append(memory)
        return self.norm_out(x), torch.stack(held, -2), attention


class _Layer(nn.Module):
    """Words look at words, then at the photo, then think; each adds to what was there."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.query = nn.Linear(width, width)
        self.memory = nn.Linear(width, 2 * width)
        self.read = nn.Linear(width, width)
        self.ask = nn.Linear(width, width)
        self.see = nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, past: Tensor, seen: tuple[Tensor, Tensor], barred: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Words `[n, b, t, w]`, keys and values of those before and of the photo, to words,
        keys and values of all, and attention to the photo `[n, b, t, l]`."""
        normed = self.norms[0](x)
        memory = torch.cat([past, self.memory(normed)], 2)
        keys, values = memory.chunk(2, -1)
        read, _ = self._attend(self.query(normed), keys, values, barred)
        x = x + self.dropout(self.read(read))
        keys, values = (part[:, None] for part in seen)
        asked = self.ask(self.norms[1](x)).flatten(1, 2)[:, None]
        found, attention = self._attend(asked, keys, values, None)
        shape = x.shape[1:3]
        x = x + self.dropout(self.see(found.squeeze(1).unflatten(1, shape)))
        x = x + self.dropout(self.think(self.norms[2](x)))
        return x, memory, attention.mean(2).squeeze(1).unflatten(1, shape)

    def _attend(
        self, queries: Tensor, keys: Tensor, values: Tensor, barred: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """`[n, b, q, w]` by `[n, b, k, w]`: what is found `[n, b, q, w]`, and attention
        `[n, b, heads, q, k]`."""
        q, k, v = (self._parted(x) for x in (queries, keys, values))
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if barred is not None:
            scores = scores.masked_fill(barred, -1e4)
        attention = scores.softmax(-1)
        return (attention @ v).transpose(-2, -3).flatten(-2), attention

    def _parted(self, x: Tensor) -> Tensor:
        parted: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)
        return parted
