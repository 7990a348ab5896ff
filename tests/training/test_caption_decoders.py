"""What holds for every decoder: taught and freely, in PyTorch and exported, it says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.tiny_decoders import DECODERS, WORDS, tiny_decoder
from torch import Tensor

from wordsight.models.captioner import MAX_WORDS, Captioner
from wordsight.models.decoding import CANDIDATES, Decoded, Ids, beam_search
from wordsight.models.runtime import Floats
from wordsight.models.vocabulary import START, Vocabulary
from wordsight.training.decoder import CaptionDecoder, CaptionStep
from wordsight.training.export import export_captioner

PHOTOS, CAPTIONS, LENGTH = 3, 2, 7


@pytest.fixture(params=DECODERS)
def decoder(request: pytest.FixtureRequest) -> CaptionDecoder:
    """Untrained, but of strong opinions that depend on the photo."""
    model = tiny_decoder(request.param).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)
    return model


@pytest.fixture
def grid() -> Tensor:
    return 3 * torch.randn(PHOTOS, 4, 6, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_word_by_word_is_as_all_at_once(decoder: CaptionDecoder, grid: Tensor) -> None:
    words = torch.randint(4, WORDS, (PHOTOS, CAPTIONS, LENGTH))
    outputs, attention = decoder(grid, words)
    assert attention.shape == (PHOTOS, CAPTIONS, LENGTH, 4)
    torch.testing.assert_close(attention.sum(-1), torch.ones(PHOTOS, CAPTIONS, LENGTH))
    annotations, keys, state = decoder.start(grid)
    state = state[:, None].repeat(1, CAPTIONS, 1)
    previous = torch.full((PHOTOS, CAPTIONS), START)
    for t in range(LENGTH):
        output, state, look = decoder.advance(previous, state, annotations, keys)
        torch.testing.assert_close(output, outputs[:, :, t], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(look, attention[:, :, t], atol=1e-5, rtol=1e-4)
        previous = words[:, :, t]


@torch.no_grad()
def test_a_word_is_foretold_from_the_photo_and_the_words_before(
    decoder: CaptionDecoder, grid: Tensor
) -> None:
    words = torch.randint(5, WORDS, (PHOTOS, CAPTIONS, LENGTH))
    others = words.clone()
    others[:, :, 3] = 4
    before, after = decoder(grid, words)[0], decoder(grid, others)[0]
    assert torch.equal(before[:, :, :4], after[:, :, :4])
    assert (before[:, :, 4:] != after[:, :, 4:]).flatten(3).any(-1).all()
    assert (before != decoder(-grid, words)[0]).flatten(3).any(-1).all()


@torch.no_grad()
def in_pytorch(
    decoder: CaptionDecoder, grid: Tensor, beams: int, vocabulary: Vocabulary
) -> list[Decoded]:
    """Captions without any export."""
    taken = CaptionStep(decoder, CANDIDATES)
    annotations, keys, hidden = decoder.start(grid)

    def step(photos: Ids, last: Ids, states: Floats) -> tuple[Floats, Ids, Floats, Floats]:
        word, state = torch.from_numpy(last), torch.from_numpy(states)
        told = taken(word, state, annotations[photos], keys[photos])
        scores, candidates, following, attention = (part.numpy() for part in told)
        return scores, candidates, following, attention

    return beam_search(step, hidden.numpy(), beams, MAX_WORDS, vocabulary.recurring())


@pytest.mark.parametrize("beams", [1, 3])
def test_exported_it_says_the_same_alone_and_in_company(
    decoder: CaptionDecoder, grid: Tensor, tmp_path: Path, beams: int
) -> None:
    vocabulary = Vocabulary(["<pad>", "<start>", "<end>", "<unk>", *"abcdefgh"])
    export_captioner(decoder, vocabulary, tmp_path)
    captioner = Captioner(tmp_path, beams=beams)
    expected = in_pytorch(decoder, grid, beams, vocabulary)
    assert len({one.ids for one in expected}) > 1
    together = captioner.caption(grid.numpy())
    alone = [captioner.caption(photo[None])[0] for photo in grid.numpy()]
    for mine, *others in zip(expected, together, alone, strict=True):
        for other in others:
            assert other.text.split() == vocabulary.decode(mine.ids)
            assert other.confidence == pytest.approx(mine.confidence, abs=1e-4)
            np.testing.assert_allclose(other.attention, mine.attention, atol=1e-4)
