"""What a snapshot keeps to explain the score of a photo.

The vector that is searched is made of the caption's and the picture's: `fused = a caption + b
picture`. So the cosine with the picture follows from the other two, and its vectors are not kept.
Of many photos those of captions are kept as a byte a component, right to half a thousandth of a
cosine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_SAME = 1e-6
"""Two vectors that are nearer than this, in squared sine, are one: all is the picture's."""


def shares_of(fused: Floats, caption: Floats, picture: Floats) -> Floats:
    """`a` and `b` of each photo, float32 `[n, 2]`, from unit vectors `[n, d]`; the picture's may be
    zero, and then `b` is."""
    alike, with_caption, with_picture = (
        np.einsum("nd,nd->n", *pair)
        for pair in ((caption, picture), (fused, caption), (fused, picture))
    )
    squared_sine = 1 - alike**2
    apart = squared_sine > _SAME
    safe = np.where(apart, squared_sine, 1)
    a = np.where(apart, (with_caption - with_picture * alike) / safe, 0)
    b = np.where(apart, (with_picture - with_caption * alike) / safe, with_picture)
    seen = picture.any(1)
    return np.stack([np.where(seen, a, with_caption), np.where(seen, b, 0)], 1).astype(np.float32)


def coded(vectors: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Vectors `[n, d]` as codes `[n, d]` and a scale for each, `[n]`: `codes * scale`."""
    scales = np.maximum(np.abs(vectors).max(1), 1e-9) / 127
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def picture_scores(shares: Floats, fused: Floats, caption: Floats) -> Floats:
    """Cosines of a query with pictures `[n]`, 0 where there is no picture, from those with the
    fused vectors and with the captions."""
    a, b = shares.T[:2]
    scores: Floats = np.where(b, (fused - a * caption) / np.where(b, b, 1), 0)
    return scores
