"""Show, Attend and Tell (Xu et al. 2015), soft attention, with a GRU decoder.

Shapes: n photos, b captions (or beams) a photo, l = 49 grid cells, w = width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.models.vocabulary import END, PAD, START, UNKNOWN


class ShowAttendTell(nn.Module):
    """Decoder over a frozen CNN grid.

    Args:
        vocabulary: number of words, special ones included.
        channels: features of a grid cell.
        width: of annotations and of the GRU's state.
        word_width: of word vectors, tied with the output layer.
        attention_width: of the attention's hidden layer.
        dropout: on features, word vectors and the output layer.
    """

    def __init__(
        self,
        vocabulary: int,
        channels: int = 1280,
        cells: int = 49,
        width: int = 512,
        word_width: int = 256,
        attention_width: int = 256,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.annotate = nn.Linear(channels, width)
        self.places = nn.Parameter(torch.zeros(cells, width))
        self.norm = nn.LayerNorm(width)
        self.first_hidden = nn.Linear(width, width)
        self.key = nn.Linear(width, attention_width)
        self.query = nn.Linear(width, attention_width, bias=False)
        self.energy = nn.Linear(attention_width, 1, bias=False)
        self.gate = nn.Linear(width, width)
        self.words = nn.Embedding(vocabulary, word_width, padding_idx=PAD)
        self.gru_input = nn.Linear(word_width + width, 3 * width)
        self.gru_hidden = nn.Linear(width, 3 * width)
        self.out_hidden = nn.Linear(width, word_width)
        self.out_context = nn.Linear(width, word_width, bias=False)
        self.out_bias = nn.Parameter(torch.zeros(vocabulary))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.words.weight, std=0.05)  # tied with the output: must start small

    def start(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Grid `[n, l, channels]` to annotations `[n, l, w]`, attention keys, state `[n, w]`."""
        annotations = self.norm(self.annotate(self.dropout(grid)) + self.places)
        hidden = torch.tanh(self.first_hidden(annotations.mean(1)))
        return annotations, self.key(annotations), hidden

    def attend(self, hidden: Tensor, annotations: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Gated context `[n, b, w]` and attention `[n, b, l]` (the paper's equations 5, 6, 13)."""
        mixed = torch.tanh(keys[:, None] + self.query(hidden)[:, :, None])
        attention = self.energy(mixed).squeeze(-1).softmax(-1)
        context = torch.sigmoid(self.gate(hidden)) * (attention @ annotations)
        return context, attention

    def advance(
        self, word: Tensor, hidden: Tensor, annotations: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One word on: output features `[n, b, word_width]`, state, attention."""
        context, attention = self.attend(hidden, annotations, keys)
        vector = self.dropout(self.words(word))
        hidden = self._gru(torch.cat([vector, context], -1), hidden)
        output = vector + self.out_hidden(self.dropout(hidden)) + self.out_context(context)
        return output, hidden, attention

    def logits(self, output: Tensor) -> Tensor:
        """Output features to a score for each word, over the tied word vectors."""
        return F.linear(self.dropout(output), self.words.weight, self.out_bias)

    def forward(self, grid: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Teacher forcing: word ids `[n, b, t]` to outputs `[n, b, t, word_width]`, attention.

        Both are zero from where all of the b-th captions, and those after, are at their ends:
        sorted by length, they cost less.
        """
        annotations, keys, hidden = self.start(grid)
        captions = words.shape[1]
        hidden = hidden[:, None].expand(-1, captions, -1)
        outputs, attentions = [], []
        previous = torch.full_like(words[:, :, 0], START)
        going_on = (words != PAD).any(0) * torch.arange(1, captions + 1)[:, None]
        for t, going in enumerate(going_on.amax(0).tolist()):
            output, hidden, attention = self.advance(
                previous[:, :going], hidden[:, :going], annotations, keys
            )
            ended = (0, 0, 0, captions - going)
            outputs.append(F.pad(output, ended))
            attentions.append(F.pad(attention, ended))
            previous = words[:, :, t]
        return torch.stack(outputs, 2), torch.stack(attentions, 2)

    def sample(self, grid: Tensor, samples: int, max_words: int) -> tuple[Tensor, Tensor]:
        """Captions drawn by their probabilities; one sample is the likeliest word each time.

        Returns word ids `[n, samples, t]`, ended by `END` and padded, and their
        log-probabilities, which gradients flow through.
        """
        annotations, keys, hidden = self.start(grid)
        hidden = hidden[:, None].expand(-1, samples, -1)
        word = torch.full(hidden.shape[:2], START, device=grid.device)
        ended = torch.zeros_like(word, dtype=torch.bool)
        words, chances = [], []
        for _ in range(max_words + 1):
            output, hidden, _ = self.advance(word, hidden, annotations, keys)
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

    def _gru(self, x: Tensor, hidden: Tensor) -> Tensor:
        """A gated recurrent unit (Cho et al. 2014), written out so that it exports plainly."""
        x_reset, x_update, x_new = self.gru_input(x).chunk(3, -1)
        h_reset, h_update, h_new = self.gru_hidden(hidden).chunk(3, -1)
        update = torch.sigmoid(x_update + h_update)
        new = torch.tanh(x_new + torch.sigmoid(x_reset + h_reset) * h_new)
        return new + update * (hidden - new)


def _draw(scores: Tensor) -> Tensor:
    """One word a row, by log-probabilities `[..., words]`."""
    return torch.multinomial(scores.flatten(0, -2).exp(), 1).view(scores.shape[:-1])


class CaptionStart(nn.Module):
    """The part that runs once a photo, for export."""

    def __init__(self, model: ShowAttendTell) -> None:
        super().__init__()
        self.model = model

    def forward(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.model.start(grid)


class CaptionStep(nn.Module):
    """The part that runs once a word, for export: the likeliest next words of each beam.

    `<pad>`, `<start>` and `<unk>` are never among them.
    """

    def __init__(self, model: ShowAttendTell, candidates: int) -> None:
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
