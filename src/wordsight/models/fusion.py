"""One vector a photo, out of what its caption says and what the picture shows."""

from __future__ import annotations

import numpy as np

from wordsight.models.runtime import Floats

CAPTION_WEIGHT = 0.1
"""The caption's share, the picture has the rest; chosen on the Flickr8k development split."""


PERSON_WEIGHT = 0.5
"""That of a caption which a person wrote."""
PERSON_LENGTH = 2.0
"""Embeddings of such captions have this length, those of the models' are unit vectors: so each
tells by itself how it is weighed, wherever it is stored."""


def weights(embeddings: Floats) -> Floats:
    """The shares of captions, `[n, 1]`, by the lengths of their embeddings `[n, d]`."""
    by_a_person = np.linalg.norm(embeddings, axis=1, keepdims=True) > (1 + PERSON_LENGTH) / 2
    return np.where(by_a_person, PERSON_WEIGHT, CAPTION_WEIGHT).astype(np.float32)


def fuse(
    caption: Floats, picture: Floats, caption_weight: float | Floats = CAPTION_WEIGHT
) -> Floats:
    """Unit vectors of both signals, float32 `[n, d]` each, to unit vectors `[n, d]`."""
    mixed = caption_weight * caption + (1 - caption_weight) * picture
    unit: Floats = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return unit
