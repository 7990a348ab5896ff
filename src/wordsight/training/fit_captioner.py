"""Training the captioner on frozen features: first from people's captions, then from its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from wordsight.models.vocabulary import END, PAD
from wordsight.training.caption_data import CaptionData, as_floats, without_padding
from wordsight.training.cider import CiderScorer
from wordsight.training.course import Course, Logbook, Pace
from wordsight.training.decoder import CaptionDecoder
from wordsight.training.gru_decoder import ShowAttendTell
from wordsight.training.self_critical import Finding, SelfCritic
from wordsight.training.transformer_decoder import CaptionTransformer

Judge = Callable[[CaptionDecoder], dict[str, float]]
Decoder = Literal["gru", "transformer"]

_DECODERS: dict[Decoder, Callable[[int], CaptionDecoder]] = {
    "gru": ShowAttendTell,
    "transformer": CaptionTransformer,
}
_PEAKS: dict[Decoder, float] = {"gru": 2e-3, "transformer": 1e-3}
"""Learning rates."""


@dataclass(frozen=True)
class CaptionerSettings:
    """What a training run depends on. Batches count photos; each brings five captions."""

    decoder: Decoder = "gru"
    epochs: int = 8
    batch: int = 64
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    doubly_stochastic: float = 1.0
    vocabulary_limit: int = 7500
    min_count: int = 2
    captions: int = 5
    max_words: int = 20
    seed: int = 0


@dataclass(frozen=True)
class SelfCriticalSettings:
    """Of the second part: training on the model's own captions.

    `finding` weighs the reward for captions that find their photo; `human` is the share of
    people's captions that keeps the language theirs.
    """

    epochs: int = 8
    samples: int = 5
    learning_rate: float = 2e-4
    finding: float = 0.3
    human: float = 0.1


def fit_captioner(
    train: CaptionData,
    judge: Judge,
    vocabulary_size: int,
    settings: CaptionerSettings,
    logbook: Logbook,
) -> CaptionDecoder:
    """Train by cross-entropy; gives the averaged weights of the epoch that was judged best.

    The log shows nats a real token (padding excluded) of the training captions.
    """
    torch.manual_seed(settings.seed)
    model = _DECODERS[settings.decoder](vocabulary_size)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=_PEAKS[settings.decoder], weight_decay=settings.weight_decay
    )
    pace = Pace(settings.epochs, math.ceil(len(train.words) / settings.batch))

    def losses(model: CaptionDecoder, rng: np.random.Generator) -> Iterator[tuple[Tensor, float]]:
        for grid, words, _ in train.batches(settings.batch, rng):
            yield human_loss(model, grid, words, settings)

    return Course(model, optimizer, pace).run(losses, judge, logbook, settings.seed)


def fit_self_critical(
    model: CaptionDecoder,
    train: CaptionData,
    judge: Judge,
    finding: Finding | None,
    settings: CaptionerSettings,
    critical: SelfCriticalSettings,
    logbook: Logbook,
) -> CaptionDecoder:
    """Go on from `model` by self-critical training; the log shows the samples' CIDEr-D."""
    torch.manual_seed(settings.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=critical.learning_rate, weight_decay=0.01)
    pace = Pace(critical.epochs, math.ceil(len(train.words) / settings.batch), clip=0.5)
    critic = SelfCritic(train.words, critical.samples, settings.max_words, finding)

    def losses(model: CaptionDecoder, rng: np.random.Generator) -> Iterator[tuple[Tensor, float]]:
        for grid, words, photos in train.batches(settings.batch, rng):
            with torch.autocast("cpu", torch.bfloat16):
                own, cider = critic.loss(model, grid, photos)
            one = words[:, rng.integers(words.shape[1])][:, None]
            human, _ = human_loss(model, grid, one, settings)
            yield own + critical.human * human, cider

    return Course(model, optimizer, pace).run(losses, judge, logbook, settings.seed)


def human_loss(
    model: CaptionDecoder, grid: Tensor, words: Tensor, settings: CaptionerSettings
) -> tuple[Tensor, float]:
    """What people's captions ask to minimise, and its nats a token without smoothing."""
    real = words != PAD
    with torch.autocast("cpu", torch.bfloat16):
        outputs, attention = model(grid, words)
        logits = model.logits(outputs[real])
    logits, attention = logits.float(), attention.float()
    loss = F.cross_entropy(logits, words[real], label_smoothing=settings.label_smoothing)
    looked = (attention * real[..., None]).sum(2)
    uneven = (1 - looked).square().mean()  # equation 14: look at every cell once in all
    plain = float(F.cross_entropy(logits.detach(), words[real]))
    return loss + settings.doubly_stochastic * uneven, plain


def caption_judge(dev: CaptionData, batch: int, max_words: int) -> Judge:
    """CIDEr-D (in per cent) of greedy captions; nats and perplexity of a real token."""
    references = [[without_padding(row)[:-1] for row in photo] for photo in dev.words]
    scorer = CiderScorer(references)

    def judge(model: CaptionDecoder) -> dict[str, float]:
        said = greedy_captions(model, dev, batch, max_words)
        nats = token_loss(model, dev, batch)
        cider = 100 * float(scorer.score(range(len(said)), said).mean())
        return {"dev_cider": cider, "dev_nats": nats, "dev_perplexity": math.exp(nats)}

    return judge


@torch.no_grad()
def greedy_captions(
    model: CaptionDecoder, data: CaptionData, batch: int, max_words: int
) -> list[list[int]]:
    """The likeliest word each time, as word ids without the end sign."""
    said: list[list[int]] = []
    for start in range(0, len(data.words), batch):
        words, _ = model.sample(as_floats(data.views[0][start : start + batch]), 1, max_words)
        said += [without_padding(row) for row in words[:, 0].numpy()]
    return [row[:-1] if row[-1:] == [END] else row for row in said]


@torch.no_grad()
def token_loss(model: CaptionDecoder, data: CaptionData, batch: int) -> float:
    """Mean negative log-likelihood of a real token, in nats, under teacher forcing."""
    total, tokens = 0.0, 0
    for start in range(0, len(data.words), batch):
        words = torch.from_numpy(data.words[start : start + batch])
        outputs, _ = model(as_floats(data.views[0][start : start + batch]), words)
        real = words != PAD
        total += float(F.cross_entropy(model.logits(outputs[real]), words[real], reduction="sum"))
        tokens += int(real.sum())
    return total / tokens
