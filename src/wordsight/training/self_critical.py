"""Self-critical training (Rennie et al. 2017): the captioner learns from its own captions.

Several captions of a photo are sampled; those that score above the others become likelier.
The score is CIDEr-D, and how well the caption's sentence embedding tells the photo from others:
captions serve search here, and CIDEr alone makes them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wordsight.models.vocabulary import END, PAD
from wordsight.training.caption_data import without_padding
from wordsight.training.cider import CiderScorer
from wordsight.training.decoder import CaptionDecoder

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Embed = Callable[[Sequence[Sequence[int]]], Floats]


@dataclass(frozen=True)
class Finding:
    """How well captions find their photos, as a reward.

    `embed` gives captions' (as word ids) unit vectors `[n, d]`; `own` is the mean vector of each
    photo's human captions, float32 `[photos, d]`.
    """

    embed: Embed
    own: Floats
    weight: float
    temperature: float = 0.07

    def rewards(self, photos: Ids, captions: Sequence[Sequence[int]], samples: int) -> Floats:
        """Log-probability of picking the caption's photo out of the batch's, `[n, samples]`."""
        similar = self.embed(captions) @ self.own[photos].T / self.temperature
        similar -= similar.max(1, keepdims=True)
        chances = similar - np.log(np.exp(similar).sum(1, keepdims=True))
        owners = np.arange(len(photos)).repeat(samples)
        picked: Floats = chances[np.arange(len(owners)), owners]
        return picked.reshape(len(photos), samples)


class SelfCritic:
    """The loss of a batch of photos.

    Args:
        references: padded word ids of the human captions, int64 `[photos, captions, words]`.
        samples: captions sampled a photo; each is judged by the mean of the others.
        max_words: a sample is cut there.
        finding: the second reward, if any.
    """

    def __init__(
        self, references: Ids, samples: int, max_words: int, finding: Finding | None
    ) -> None:
        self._cider = CiderScorer([[without_padding(row) for row in photo] for photo in references])
        self._samples = samples
        self._max_words = max_words
        self._finding = finding

    def loss(self, model: CaptionDecoder, grid: Tensor, photos: Ids) -> tuple[Tensor, float]:
        """The loss to minimise, and the mean CIDEr-D of the samples."""
        words, log_probabilities = model.sample(grid, self._samples, self._max_words)
        captions = [without_padding(row) for row in words.flatten(0, 1).numpy()]
        cider = self._cider.score(photos.repeat(self._samples), captions)
        rewards = cider.reshape(len(photos), self._samples)
        mean = float(rewards.mean())
        if self._finding:
            plain = [row[:-1] if row and row[-1] == END else row for row in captions]
            found = self._finding.rewards(photos, plain, self._samples)
            rewards = rewards + self._finding.weight * found
        better = _advantages(torch.from_numpy(rewards))
        said = words != PAD
        weighed = -(better[..., None] * log_probabilities * said).sum() / said.sum()
        return weighed, mean


def _advantages(rewards: Tensor) -> Tensor:
    """Each sample's reward less the mean of the other samples' of its photo."""
    samples = rewards.shape[1]
    others = (rewards.sum(1, keepdim=True) - rewards) / (samples - 1)
    return rewards - others
