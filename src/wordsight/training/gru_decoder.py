"""Show, Attend and Tell (Xu et al. 2015), soft attention, with a GRU decoder.

Shapes: n photos, b captions (or beams) a photo, l = 49 grid cells, w = width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wordsight.models.vocabulary import PAD, START
from wordsight.training.decoder import CaptionDecoder


class ShowAttendTell(CaptionDecoder):
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
        super().__init__(vocabulary, channels, cells, width, word_width, dropout)
        self.first_hidden = nn.Linear(width, width)
        self.key = nn.Linear(width, attention_width)
        self.query = nn.Linear(width, attention_width, bias=False)
        self.energy = nn.Linear(attention_width, 1, bias=False)
        self.gate = nn.Linear(width, width)
        self.gru_input = nn.Linear(word_width + width, 3 * width)
        self.gru_hidden = nn.Linear(width, 3 * width)
        self.out_hidden = nn.Linear(width, word_width)
        self.out_context = nn.Linear(width, word_width, bias=False)

    def start(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Grid `[n, l, channels]` to annotations `[n, l, w]`, attention keys, state `[n, w]`."""
        annotations = self.look(grid)
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

    def _gru(self, x: Tensor, hidden: Tensor) -> Tensor:
        """A gated recurrent unit (Cho et al. 2014), written out so that it exports plainly."""
        x_reset, x_update, x_new = self.gru_input(x).chunk(3, -1)
        h_reset, h_update, h_new = self.gru_hidden(hidden).chunk(3, -1)
        update = torch.sigmoid(x_update + h_update)
        new = torch.tanh(x_new + torch.sigmoid(x_reset + h_reset) * h_new)
        return new + update * (hidden - new)
