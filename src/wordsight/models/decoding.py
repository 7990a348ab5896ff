"""Greedy and beam decoding of captions: deterministic, batched over photos.

A photo's caption depends on nothing but the photo: there is no sampling, and each photo is
searched with the same number of beams from start to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wordsight.models.runtime import Floats
from wordsight.models.vocabulary import END, PAD, START

CANDIDATES = 8
"""Next words that the decoder proposes for each beam; more than the beams ever used."""
MAX_BEAMS = CANDIDATES - 1
_WORTH_DROPPING = 0.25
"""Once so large a share of the photos has its captions, the rest goes on without them."""

Ids = npt.NDArray[np.int64]
Step = Callable[[Ids, Ids, Floats], tuple[Floats, Ids, Floats, Floats]]
"""Photos `[n]` by their place in the batch, last words `[n, b]` and states `[n, b, w]` to the
log-probabilities and ids of the likeliest next words `[n, b, CANDIDATES]`, the next states (their
width may grow), and attention `[n, b, cells]`."""


@dataclass(frozen=True)
class Decoded:
    """One caption.

    `ids` are its words. `confidence` is the mean log-probability of its tokens, the end
    sign included. `attention` is float32 `[words, cells]`: where each word looked.
    """

    ids: tuple[int, ...]
    confidence: float
    attention: Floats


@dataclass
class _Beams:
    """Partial captions of n photos, the best first: b of them for each photo."""

    words: Ids  # [n, b, t]
    looks: Floats  # [n, b, t, cells]
    totals: Floats  # [n, b], summed log-probability
    lengths: Ids  # [n, b], tokens summed in `totals`
    ended: npt.NDArray[np.bool_]  # [n, b]

    def of(self, rows: npt.NDArray[np.bool_]) -> _Beams:
        """Those of some photos."""
        return _Beams(**{name: values[rows] for name, values in vars(self).items()})


def beam_search(
    step: Step, hidden: Floats, beams: int, max_words: int, recurring: npt.NDArray[np.bool_]
) -> list[Decoded]:
    """The likeliest caption of each photo by length-normalised beam search.

    One beam is greedy decoding. No word stands twice in a caption but those that are `recurring`;
    of these none follows itself, and no three in a row stand twice (Paulus et al. 2018).

    Args:
        step: the decoder.
        hidden: first states, float32 `[n, w]`.
        beams: partial captions kept a photo, at most `MAX_BEAMS`.
        max_words: a caption is cut there.
        recurring: for each word id whether it may stand in a caption more than once.
    """
    if not len(hidden):
        return []
    decoded: dict[int, Decoded] = {}
    photos = np.arange(len(hidden))
    states: Floats = hidden[:, None].repeat(beams, axis=1)
    last = np.full((len(hidden), beams), START, np.int64)
    kept = _first_beams(len(hidden), beams)
    for _ in range(max_words):
        scores, candidates, states, attention = step(photos, last, states)
        scores = np.where(_repeats(kept.words, candidates, recurring), -np.inf, scores)
        parent, last = _grow(kept, scores, candidates, attention)
        states = np.take_along_axis(states, parent[..., None], axis=1)
        settled = kept.ended[:, 0]
        if settled.sum() >= len(photos) * _WORTH_DROPPING:
            decoded |= _captions(kept.of(settled), photos[settled])
            photos, last, states = photos[~settled], last[~settled], states[~settled]
            kept = kept.of(~settled)
        if not len(photos):
            break
    decoded |= _captions(kept, photos)
    return [decoded[photo] for photo in range(len(hidden))]


def _first_beams(photos: int, beams: int) -> _Beams:
    totals = np.full((photos, beams), -np.inf, np.float32)
    totals[:, 0] = 0  # the beams start alike, so only the first may branch
    return _Beams(
        words=np.zeros((photos, beams, 0), np.int64),
        looks=np.zeros((photos, beams, 0, 0), np.float32),
        totals=totals,
        lengths=np.zeros((photos, beams), np.int64),
        ended=np.zeros((photos, beams), bool),
    )


def _grow(kept: _Beams, scores: Floats, candidates: Ids, attention: Floats) -> tuple[Ids, Ids]:
    """Extend `kept` by a word in place; returns each new beam's parent and its last word."""
    photos, beams, width = scores.shape
    open_lengths = kept.lengths + ~kept.ended
    totals = kept.totals[..., None] + np.where(kept.ended[..., None], -np.inf, scores)
    totals[..., 0] = np.where(kept.ended, kept.totals, totals[..., 0])
    candidates = np.where(kept.ended[..., None], PAD, candidates)
    normalised = (totals / open_lengths[..., None]).reshape(photos, beams * width)
    best = np.argsort(-normalised, axis=1, kind="stable")[:, :beams]
    parent = best // width
    word = np.take_along_axis(candidates.reshape(photos, -1), best, axis=1)
    kept.totals = np.take_along_axis(totals.reshape(photos, -1), best, axis=1)
    kept.lengths = np.take_along_axis(open_lengths, parent, axis=1)
    kept.ended = np.take_along_axis(kept.ended, parent, axis=1) | (word == END)
    rows = np.arange(photos)[:, None]
    kept.words = np.concatenate([kept.words[rows, parent], word[..., None]], axis=2)
    before = (
        kept.looks[rows, parent]
        if kept.looks.size
        else kept.looks.reshape(photos, beams, 0, attention.shape[-1])
    )
    kept.looks = np.concatenate([before, attention[rows, parent][:, :, None]], axis=2)
    # A photo whose best caption has ended is settled now, whatever else is in the batch.
    kept.totals[kept.ended[:, 0], 1:] = -np.inf
    return parent, word


def _repeats(
    words: Ids, candidates: Ids, recurring: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which next words `[n, b, c]` may not follow their caption `[n, b, t]`: they stand there last,
    would be the last of three that stand there already, or stand there and are not `recurring`.

    That last bars nothing where it would leave nothing: a caption has to go on.
    """
    barred = np.zeros(candidates.shape, bool)
    if words.shape[2]:
        barred |= candidates == words[:, :, -1:]
    if words.shape[2] >= 3:
        again = (words[:, :, :-2] == words[:, :, -2:-1]) & (words[:, :, 1:-1] == words[:, :, -1:])
        third = np.where(again, words[:, :, 2:], PAD)  # which is never proposed
        barred |= (candidates[..., None] == third[:, :, None]).any(-1)
    stands = (candidates[..., None] == words[:, :, None]).any(-1)
    strictly = barred | (stands & ~recurring[candidates])
    return np.where(strictly.all(-1, keepdims=True), barred, strictly)


def _captions(kept: _Beams, photos: Ids) -> dict[int, Decoded]:
    return {photo: _decoded(kept, row) for row, photo in enumerate(photos.tolist())}


def _decoded(kept: _Beams, photo: int) -> Decoded:
    """The first beam; should it be unfinished at the cut, it is still the likeliest."""
    words = kept.words[photo, 0]
    said = np.flatnonzero((words != END) & (words != PAD))
    return Decoded(
        ids=tuple(int(i) for i in words[said]),
        confidence=float(kept.totals[photo, 0] / kept.lengths[photo, 0]),
        attention=kept.looks[photo, 0, said],
    )
