"""Captioned photos as the captioner trains on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wordsight.models.vocabulary import END, PAD, Vocabulary
from wordsight.photos.collection import Collection
from wordsight.training.features import Halves

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CaptionData:
    """Grids of each view (float16) and padded word ids `[photos, captions, words]`.

    The longest caption of a photo comes first.
    """

    views: tuple[Halves, ...]
    words: Ids

    def batches(self, batch: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Ids]]:
        """All photos in random order, any view of each batch: grids, word ids, photos."""
        order = rng.permutation(len(self.words))
        for start in range(0, len(order), batch):
            photos = np.sort(order[start : start + batch])
            view = self.views[rng.integers(len(self.views))]
            yield as_floats(view[photos]), trimmed(self.words[photos]), photos


def prepare(
    collection: Collection,
    views: tuple[Halves, ...],
    vocabulary: Vocabulary,
    captions: int,
    max_words: int,
) -> CaptionData:
    """Word ids of every photo's captions, repeated where a photo has fewer than asked for."""
    words = np.full((len(collection), captions, max_words + 1), PAD, np.int64)
    for i, photo in enumerate(collection.photos):
        texts = [photo.captions[j % len(photo.captions)] for j in range(captions)]
        sentences = [[*vocabulary.encode(text)[:max_words], END] for text in texts]
        for j, ids in enumerate(sorted(sentences, key=len, reverse=True)):
            words[i, j, : len(ids)] = ids
    return CaptionData(views, words)


def as_floats(halves: Halves) -> Tensor:
    return torch.from_numpy(halves.astype(np.float32))


def trimmed(words: Ids) -> Tensor:
    """Without the columns that are padding everywhere."""
    return torch.from_numpy(words[..., : int((words != PAD).sum(-1).max())])


def without_padding(row: Ids) -> list[int]:
    """Word ids, the end sign included: a reward should see whether a caption is whole."""
    ids: list[int] = row[row != PAD].tolist()
    return ids
