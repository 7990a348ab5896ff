"""Words to ids and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordsight.errors import ModelError
from wordsight.models.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, words_of

SPECIAL = ("<pad>", "<start>", "<end>", "<unk>")
CAPTIONS = ["A dog and a cat.", "A dog, a bird!", "Two dogs: a dog"]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary([*SPECIAL, "a", "dog", "man's"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A brown Dog.", ["a", "brown", "dog"]),
        ("a man's hat", ["a", "man's", "hat"]),
        ("3 dogs, 2-seater", ["3", "dogs", "2", "seater"]),
        ("'quoted'  \n words'", ["quoted", "words"]),
        ("?!", []),
        ("", []),
    ],
)
def test_a_text_is_taken_apart_into_lower_case_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_frequent_words_come_first_and_equally_frequent_ones_by_abc() -> None:
    built = Vocabulary.build(CAPTIONS, limit=100, min_count=1)
    assert built.words == (*SPECIAL, "a", "dog", "and", "bird", "cat", "dogs", "two")


def test_rare_words_are_left_out() -> None:
    assert Vocabulary.build(CAPTIONS, limit=100, min_count=2).words == (*SPECIAL, "a", "dog")
    assert Vocabulary.build(CAPTIONS, limit=100, min_count=99).words == SPECIAL


@pytest.mark.parametrize("limit", [4, 5, 8])
def test_the_limit_counts_the_special_words_too(limit: int) -> None:
    built = Vocabulary.build(CAPTIONS, limit=limit, min_count=1)
    assert len(built) == len(built.words) == limit


def test_the_order_of_the_captions_does_not_matter() -> None:
    forth, back = (Vocabulary.build(texts, 8, 1) for texts in (CAPTIONS, CAPTIONS[::-1]))
    assert forth.words == back.words


def test_known_words_become_their_ids_and_others_unknown(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode("A dog bites a man's leg") == [4, 5, UNKNOWN, 4, 6, UNKNOWN]


def test_special_words_cannot_be_written_into_a_text(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode("<pad> <end> <unk>") == [UNKNOWN] * 3


def test_function_words_and_signs_may_recur() -> None:
    vocabulary = Vocabulary(["<pad>", "<start>", "<end>", "<unk>", "a", "dog", "in", "s"])
    assert vocabulary.recurring().tolist() == [True, True, True, True, True, False, True, True]


def test_special_ids_are_not_read_out(vocabulary: Vocabulary) -> None:
    assert vocabulary.decode([START, 4, UNKNOWN, 5, END, PAD, PAD]) == ["a", "dog"]


@given(st.lists(st.sampled_from(["a", "dog", "man's"])))
def test_known_words_survive_there_and_back(words: list[str]) -> None:
    vocabulary = Vocabulary([*SPECIAL, "a", "dog", "man's"])
    assert vocabulary.decode(vocabulary.encode(" ".join(words))) == words


def test_a_saved_vocabulary_is_loaded_as_it_was(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path / "vocabulary.txt")
    loaded = Vocabulary.load(tmp_path / "vocabulary.txt")
    assert loaded.words == vocabulary.words
    assert loaded.encode("a dog") == vocabulary.encode("a dog")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a\ndog\n",
        b"<pad>\n<start>\n<end>\n",
        b"<start>\n<pad>\n<end>\n<unk>\na\n",
        b"<pad>\n<start>\n<end>\n<unk>\n\xff\xfe\n",
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="vocabulary"):
        Vocabulary.load(path)


def test_a_missing_vocabulary_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.txt"):
        Vocabulary.load(tmp_path / "missing.txt")
