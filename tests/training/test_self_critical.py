"""Captions as their own teachers: the reward, and that it works."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from tests.training.tiny_decoders import DECODERS, tiny_decoder

from wordsight.models.vocabulary import END, PAD, UNKNOWN
from wordsight.training.cider import CiderScorer
from wordsight.training.decoder import CaptionDecoder
from wordsight.training.self_critical import Finding, SelfCritic

TEXTS = (
    ("a dog runs on grass", "the brown dog is running"),
    ("two boys play football", "boys kick a ball on grass"),
    ("a man climbs a rock", "the man is climbing up"),
)
REFERENCES = [[text.split() for text in photo] for photo in TEXTS]
CAPTIONS = [text.split() for text in ("a dog runs on grass", "boys on grass", "a dog a dog a dog")]


def test_cider_d_is_that_of_the_reference_implementation() -> None:
    """As pycocoevalcap 1.2 gives it for these sentences."""
    scores = CiderScorer(REFERENCES).score(range(3), CAPTIONS)
    np.testing.assert_allclose(scores, [5.4584, 1.3036, 0.0], atol=1e-4)


def test_cider_d_agrees_with_pycocoevalcap_where_it_is_installed() -> None:
    cider = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    references = {i: [" ".join(words) for words in texts] for i, texts in enumerate(REFERENCES)}
    captions = {i: [" ".join(words)] for i, words in enumerate(CAPTIONS)}
    _, theirs = cider.compute_score(references, captions)
    ours = CiderScorer(REFERENCES).score(range(3), CAPTIONS)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.fixture(params=DECODERS)
def tiny_model(request: pytest.FixtureRequest) -> CaptionDecoder:
    return tiny_decoder(request.param)


def padded(*captions: list[int]) -> np.ndarray:
    return np.array([[[*words, END, *[PAD] * (4 - len(words))]] for words in captions], np.int64)


def test_sampled_captions_have_no_special_words_and_none_twice_in_a_row(
    tiny_model: CaptionDecoder,
) -> None:
    words, chances = tiny_model.sample(torch.randn(3, 4, 6), samples=50, max_words=6)
    flat = words.flatten(0, 1)
    assert flat.shape == (150, 7)
    assert not torch.isin(flat, torch.tensor([1, UNKNOWN])).any()
    same = (flat[:, 1:] == flat[:, :-1]) & (flat[:, 1:] != PAD)
    assert not same.any()
    ended = (flat == END).cumsum(1).bool()
    assert (flat[:, 1:][ended[:, :-1]] == PAD).all()
    assert (chances.flatten(0, 1)[:, 1:][ended[:, :-1]] == 0).all()


def trained(
    model: CaptionDecoder, critic: SelfCritic, grid: torch.Tensor, steps: int
) -> list[list[int]]:
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss, _ = critic.loss(model, grid, np.arange(len(grid)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    words, _ = model.sample(grid, 1, 4)
    return [[w for w in row if w not in (PAD, END)] for row in words[:, 0].tolist()]


def test_the_captioner_learns_what_cider_rewards(tiny_model: CaptionDecoder) -> None:
    references = padded([4, 5], [6, 7], [8, 9])
    critic = SelfCritic(references, samples=32, max_words=4, finding=None)
    said = trained(tiny_model, critic, 3 * torch.eye(6)[:3, None].expand(-1, 4, -1), steps=120)
    assert said == [[4, 5], [6, 7], [8, 9]]


def test_the_captioner_learns_words_that_find_the_photo() -> None:
    """CIDEr-D says nothing here; the reward knows the photos by the words 4 and 5."""

    def embed(captions: Sequence[Sequence[int]]) -> np.ndarray:
        counts = np.array([[c.count(4), c.count(5), 0.1] for c in map(list, captions)], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    finding = Finding(embed, np.eye(3, dtype=np.float32)[:2], weight=1.0, temperature=0.5)
    critic = SelfCritic(padded([10], [10]), samples=32, max_words=4, finding=finding)
    said = trained(
        tiny_decoder("gru"), critic, 3 * torch.eye(6)[:2, None].expand(-1, 4, -1), steps=200
    )
    assert 4 in said[0]
    assert 5 not in said[0]
    assert 5 in said[1]
    assert 4 not in said[1]
