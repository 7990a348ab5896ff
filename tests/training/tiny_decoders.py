"""Both decoders, so small that a test can train them."""

from __future__ import annotations

from collections.abc import Callable

import torch

from wordsight.training.decoder import CaptionDecoder
from wordsight.training.gru_decoder import ShowAttendTell
from wordsight.training.transformer_decoder import CaptionTransformer

WORDS = 12


def _gru() -> CaptionDecoder:
    return ShowAttendTell(WORDS, 6, 4, width=16, word_width=12, attention_width=8, dropout=0.0)


def _transformer() -> CaptionDecoder:
    return CaptionTransformer(WORDS, 6, 4, width=16, layers=2, heads=2, dropout=0.0)


DECODERS: dict[str, Callable[[], CaptionDecoder]] = {"gru": _gru, "transformer": _transformer}


def tiny_decoder(name: str) -> CaptionDecoder:
    torch.manual_seed(3)
    return DECODERS[name]()
