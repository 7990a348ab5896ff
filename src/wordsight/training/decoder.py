"""What the captioner's decoders have in common, and what of them is exported.

Shapes: n photos, b captions (or beams) a photo, l = 49 grid cells, w = width of a state.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.models.vocabulary import END, PAD, START, UNKNOWN


class CaptionDecoder(nn.Module):
    """Says words over a frozen CNN grid.

    Args:
        vocabulary: number of words, special ones included.
        channels: features of a grid cell.
        width: of annotations.
        word_width: of word vectors, tied with the output layer.
        dropout: on features, word vectors and the output layer.
    """

    def __init__(
        self,
        vocabulary: int,
        channels: int,
        cells: int,
        width: int,
        word_width: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.annotate = nn.Linear(channels, width)
        self.places = nn.Parameter(torch.zeros(cells, width))
        self.norm = nn.LayerNorm(width)
        self.words = nn.Embedding(vocabulary, word_width, padding_idx=PAD)
        self.out_bias = nn.Parameter(torch.zeros(vocabulary))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.words.weight, std=0.05)  # tied with the output: must start small

    @abstractmethod
    def start(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Grid `[n, l, channels]` to what is looked at, keys to it, and a first state `[n, w]`."""

    @abstractmethod
    def advance(
        self, word: Tensor, state: Tensor, annotations: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One word `[n, b]` on: output features `[n, b, word_width]`, the next state, attention
        `[n, b, l]`. States may grow."""

    @abstractmethod
    def forward(self, grid: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Teacher forcing: word ids `[n, b, t]` to outputs `[n, b, t, word_width]`, attention."""

    def look(self, grid: Tensor) -> Tensor:
        """Annotations `[n, l, width]` of a grid."""
        annotations: Tensor = self.norm(self.annotate(self.dropout(grid)) + self.places)
        return annotations

    def logits(self, output: Tensor) -> Tensor:
        """Output features to a score for each word, over the tied word vectors."""
        return F.linear(self.dropout(output), self.words.weight, self.out_bias)

    def sample(self, grid: Tensor, samples: int, max_words: int) -> tuple[Tensor, Tensor]:
        """Captions drawn by their probabilities; one sample is the likeliest word each time.

        Returns word ids `[n, samples, t]`, ended by `END` and padded, and their
        log-probabilities, which gradients flow through.
        """
        annotations, keys, state = self.start(grid)
        state = state[:, None].expand(-1, samples, -1)
        word = torch.full(state.shape[:2], START, device=grid.device)
        ended = torch.zeros_like(word, dtype=torch.bool)
        words, chances = [], []
        for _ in range(max_words + 1):
            output, state, _ = self.advance(word, state, annotations, keys)
            scores = self._allowed(self.logits(output).float(), word).log_softmax(-1)
            word = _draw(scores.detach()) if samples > 1 else scores.argmax(-1)
            chances.append(scores.gather(-1, word[..., None]).squeeze(-1).masked_fill(ended, 0))
            word = word.masked_fill(ended, PAD)
            words.append(word)
            ended = ended | (word == END)
            if bool(ended.all()):
                break
        return torch.stack(words, 2), torch.stack(chances, 2)

    def _allowed(self, scores: Tensor, previous: Tensor) -> Tensor:
        """No special words but the end sign, and no word twice in a row."""
        barred = torch.zeros_like(scores, dtype=torch.bool)
        barred[..., [PAD, START, UNKNOWN]] = True
        return scores.masked_fill(barred.scatter(-1, previous[..., None], True), -1e4)


def _draw(scores: Tensor) -> Tensor:
    """One word a row, by log-probabilities `[..., words]`."""
    return torch.multinomial(scores.flatten(0, -2).exp(), 1).view(scores.shape[:-1])


class CaptionStart(nn.Module):
    """The part that runs once a photo, for export."""

    def __init__(self, model: CaptionDecoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.model.start(grid)


class CaptionStep(nn.Module):
    """The part that runs once a word, for export: the likeliest next words of each beam.

    `<pad>`, `<start>` and `<unk>` are never among them.
    """

    def __init__(self, model: CaptionDecoder, candidates: int) -> None:
        super().__init__()
        self.model = model
        self.candidates = candidates
        barred = torch.zeros(len(model.out_bias))
        barred[[PAD, START, UNKNOWN]] = -1e9
        self.barred: Tensor
        self.register_buffer("barred", barred)

    def forward(
        self, word: Tensor, hidden: Tensor, annotations: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        output, hidden, attention = self.model.advance(word, hidden, annotations, keys)
        scores = (self.model.logits(output) + self.barred).log_softmax(-1)
        best = scores.topk(self.candidates, dim=-1)
        return best.values, best.indices, hidden, attention
