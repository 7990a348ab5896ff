"""Beam search over a fake decoder whose every probability is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordsight.models.decoding import CANDIDATES, MAX_BEAMS, Decoded, Ids, Step, beam_search
from wordsight.models.vocabulary import END, PAD, START, UNKNOWN

WORDS = 13  # the special ones included; more than the decoder proposes
BARRED = [PAD, START, UNKNOWN]  # the decoder never proposes them
A, DOG, CAT, RUNS = range(4, 8)
RECURRING = np.arange(WORDS) < 9
NONE = np.zeros(WORDS, bool)

Table = npt.NDArray[np.float32]
"""A photo's log-probabilities `[the word before the last, the last word, the next]`."""


def table_of(chances: dict[tuple[int, int], float]) -> Table:
    """A table from `(last word, next word)` to a probability; all else is next to impossible."""
    table = np.full((WORDS, WORDS, WORDS), -20, np.float32)
    for (last, following), chance in chances.items():
        table[:, last, following] = np.log(chance)
    table[..., BARRED] = -1000
    return table


def random_table(seed: int) -> Table:
    """Multiples of 1/64, so that sums are the same in any order and precision."""
    steps = np.random.default_rng(seed).integers(1, 400, (WORDS, WORDS, WORDS))
    table = (-steps / 64).astype(np.float32)
    table[..., BARRED] = -1000
    return table


def fake_decoder(tables: list[Table]) -> Step:
    """States are `(photo, last word, words so far)`, and attention repeats what it was given."""

    def step(photos: Ids, last: Ids, states: Table) -> tuple[Table, Ids, Table, Table]:
        scores = np.empty((*last.shape, CANDIDATES), np.float32)
        candidates = np.empty((*last.shape, CANDIDATES), np.int64)
        assert len(photos) == len(states)
        for i, j in np.ndindex(*last.shape):
            photo, before = states[i, j, :2].astype(int)
            row = tables[photo][before, last[i, j]]
            candidates[i, j] = np.argsort(-row, kind="stable")[:CANDIDATES]
            scores[i, j] = row[candidates[i, j]]
        following = np.stack([states[..., 0], last.astype(np.float32), states[..., 2] + 1], axis=-1)
        attention = np.stack([states[..., 0], last.astype(np.float32), states[..., 2]], axis=-1)
        return scores, candidates, following, attention

    return step


def search(
    tables: list[Table],
    beams: int,
    max_words: int = 8,
    order: list[int] | None = None,
    recurring: npt.NDArray[np.bool_] = RECURRING,
) -> list[Decoded]:
    photos = list(range(len(tables))) if order is None else order
    hidden = np.array([[photo, 0, 0] for photo in photos], np.float32).reshape(-1, 3)
    return beam_search(fake_decoder(tables), hidden, beams, max_words, recurring)


def token_scores(table: Table, ids: tuple[int, ...], max_words: int) -> list[float]:
    """Log-probabilities along a caption; its end counts unless it was cut."""
    before, last, scores = 0, START, []
    for word in [*ids, END][:max_words]:
        scores.append(float(table[before, last, word]))
        before, last = last, word
    return scores


def repeats(words: tuple[int, ...]) -> bool:
    """Whether the last word may stand there once and does already, is the one before, or is the
    last of three that do."""
    *before, word = words
    if word in before and not RECURRING[word]:
        return True
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return words[-1:] == words[-2:-1] or (bool(runs) and runs[-1] in runs[:-1])


def slow_search(table: Table, beams: int, max_words: int) -> tuple[int, ...]:
    """The same search for one photo, word by word in plain lists."""
    kept: list[tuple[float, tuple[int, ...]]] = [(0.0, (0, START))]
    for _ in range(max_words):
        grown = []
        for total, words in kept:
            if words[-1] == END:
                grown.append((total, words))
                continue
            row = table[words[-2], words[-1]]
            for word in np.argsort(-row, kind="stable")[:CANDIDATES].tolist():
                if not repeats((*words[2:], word)):
                    grown.append((total + float(row[word]), (*words, word)))
        kept = sorted(grown, key=lambda beam: -beam[0] / (len(beam[1]) - 2))[:beams]
        if kept[0][1][-1] == END:
            break
    return tuple(word for word in kept[0][1][2:] if word != END)


TRAP = table_of(
    {
        (START, A): 0.6,  # likelier at first, but everything after it is unlikely
        (START, CAT): 0.4,
        (A, DOG): 0.3,
        (A, RUNS): 0.3,
        (DOG, END): 0.5,
        (CAT, RUNS): 0.9,
        (RUNS, END): 0.9,
    }
)
ROUND = {(CAT, RUNS): 0.9, (RUNS, A): 0.9}


def test_one_beam_follows_the_likeliest_word_each_time() -> None:
    (greedy,) = search([TRAP], beams=1)
    assert greedy.ids == (A, DOG)


def test_more_beams_find_the_better_caption_that_greedy_misses() -> None:
    (greedy,), (better,) = search([TRAP], beams=1), search([TRAP], beams=3)
    assert better.ids == (CAT, RUNS)
    assert better.confidence > greedy.confidence
    assert better.confidence == pytest.approx(np.log([0.4, 0.9, 0.9]).mean(), abs=1e-6)


@pytest.mark.parametrize("beams", [1, 3])
def test_a_word_never_follows_itself(beams: int) -> None:
    stutter = table_of({(START, A): 0.9, (A, A): 0.9, (A, DOG): 0.1, (DOG, DOG): 0.9})
    stutter[:, DOG, END] = np.log(0.05)
    (decoded,) = search([stutter], beams)
    assert decoded.ids == (A, DOG)


@pytest.mark.parametrize("beams", [1, 3])
def test_three_words_never_stand_twice(beams: int) -> None:
    circle = table_of({(START, A): 0.9, (A, DOG): 0.9, (DOG, CAT): 0.9, (CAT, A): 0.9})
    circle[:, DOG, END] = np.log(0.05)
    (decoded,) = search([circle], beams)
    assert decoded.ids == (A, DOG, CAT, A, DOG)


@pytest.mark.parametrize("beams", [1, 3])
def test_a_word_that_does_not_recur_stands_once(beams: int) -> None:
    twice = table_of({(START, DOG): 0.9, (DOG, A): 0.9, (A, DOG): 0.9, (A, CAT): 0.1})
    twice[:, CAT, END] = np.log(0.9)
    (decoded,) = search([twice], beams)
    assert decoded.ids == (DOG, A, DOG, A, CAT)
    (decoded,) = search([twice], beams, recurring=NONE)
    assert decoded.ids == (DOG, A, CAT)


@pytest.mark.parametrize("beams", [1, 3])
def test_where_nothing_new_is_proposed_the_likeliest_is_said_again(beams: int) -> None:
    few = table_of({})
    few[..., END] = -30  # the ninth choice
    few[:, range(4, WORDS), range(4, WORDS)] = -10  # the first, and yet not twice in a row
    (decoded,) = search([few], beams, CANDIDATES + 1, recurring=NONE)
    assert len(decoded.ids) == CANDIDATES + 1
    assert len(set(decoded.ids)) == CANDIDATES
    assert all(word != following for word, following in pairwise(decoded.ids))
    assert np.isfinite(decoded.confidence)


@pytest.mark.parametrize("beams", [1, 3, MAX_BEAMS])
def test_a_caption_without_end_is_cut(beams: int) -> None:
    endless = table_of({(START, A): 0.9, (A, DOG): 0.9, (DOG, CAT): 0.9, **ROUND})
    (decoded,) = search([endless], beams, max_words=5)
    assert decoded.ids == (A, DOG, CAT, RUNS, A)
    assert decoded.confidence == pytest.approx(np.log(0.9), abs=1e-6)
    assert decoded.attention.shape == (5, 3)


@pytest.mark.parametrize("beams", [1, 3])
def test_a_caption_may_be_empty(beams: int) -> None:
    silent = table_of({(START, END): 0.9, (START, A): 0.1})
    (decoded,) = search([silent], beams)
    assert decoded.ids == ()
    assert decoded.confidence == pytest.approx(np.log(0.9), abs=1e-6)
    assert decoded.attention.shape == (0, 3)


def test_no_photos_have_no_captions() -> None:
    assert search([], beams=3) == []


tables = st.integers(0, 2**32).map(random_table)
numbers_of_beams = st.integers(1, MAX_BEAMS)


@given(tables, numbers_of_beams, st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_the_batched_search_agrees_with_a_slow_one(
    table: Table, beams: int, max_words: int
) -> None:
    (decoded,) = search([table], beams, max_words)
    assert decoded.ids == slow_search(table, beams, max_words)


@given(st.data(), st.lists(tables, min_size=2, max_size=5), numbers_of_beams)
@settings(max_examples=40, deadline=None)
def test_a_caption_depends_on_its_photo_alone(
    data: st.DataObject, batch: list[Table], beams: int
) -> None:
    order = data.draw(st.permutations(range(len(batch))))
    together = search(batch, beams)
    shuffled = search(batch, beams, order=order)
    for place, photo in enumerate(order):
        (alone,) = search(batch, beams, order=[photo])
        for other in (together[photo], shuffled[place]):
            assert (other.ids, other.confidence) == (alone.ids, alone.confidence)
            np.testing.assert_array_equal(other.attention, alone.attention)


def test_photos_with_captions_cost_no_more_steps() -> None:
    short = table_of({(START, A): 0.9, (A, END): 0.9})
    endless = table_of({(START, A): 0.9, (A, DOG): 0.9, (DOG, CAT): 0.9, **ROUND})
    seen = []
    decoder = fake_decoder([short, endless, short])

    def counting(photos: Ids, last: Ids, states: Table) -> tuple[Table, Ids, Table, Table]:
        seen.append(photos.tolist())
        return decoder(photos, last, states)

    hidden = np.array([[photo, 0, 0] for photo in range(3)], np.float32)
    decoded = beam_search(counting, hidden, 1, 5, RECURRING)
    assert [len(one.ids) for one in decoded] == [1, 5, 1]
    assert seen == [[0, 1, 2], [0, 1, 2], [1], [1], [1]]


@given(tables, numbers_of_beams, st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_every_caption_keeps_its_promises(table: Table, beams: int, max_words: int) -> None:
    (decoded,) = search([table], beams, max_words)
    assert len(decoded.ids) <= max_words
    assert END not in decoded.ids
    assert all(word != following for word, following in pairwise(decoded.ids))
    once = [word for word in decoded.ids if not RECURRING[word]]
    assert len(once) == len(set(once))
    scores = token_scores(table, decoded.ids, max_words)
    assert decoded.confidence == pytest.approx(np.mean(scores), abs=1e-5)
    looks = [[0, word, i] for i, word in enumerate((START, *decoded.ids)[: len(decoded.ids)])]
    assert decoded.attention.tolist() == looks
