"""The captioner's words: text to word ids and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordsight.errors import ModelError

PAD, START, END, UNKNOWN = range(4)
_SPECIAL = ("<pad>", "<start>", "<end>", "<unk>")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def words_of(text: str) -> list[str]:
    """Lower-case words and numbers of `text`, without punctuation."""
    return _WORD.findall(text.lower())


_FUNCTION_WORDS = frozenset(
    words_of(
        """a an the this that these those some any each every all both one two three four other
        another in on at of to with by for from into onto off out up down over under through across
        along around behind beside between near against and or but as while when he she it they his
        her their its him them who which is are was be being has have s"""
    )
)
"""Articles, numbers, prepositions, conjunctions, pronouns, auxiliaries, and the possessive."""


class Vocabulary:
    """A fixed list of words; ids are places in it, the first four are special."""

    def __init__(self, words: Sequence[str]) -> None:
        if tuple(words[:4]) != _SPECIAL:
            raise ModelError(f"a vocabulary starts with {' '.join(_SPECIAL)}")
        self.words = tuple(words)
        self._ids = {word: i for i, word in enumerate(words)}

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def build(cls, captions: Iterable[str], limit: int, min_count: int) -> Vocabulary:
        """The most frequent words, special ones included in `limit`, ties in ABC order."""
        counts = Counter(word for text in captions for word in words_of(text))
        frequent = [word for word, count in counts.items() if count >= min_count]
        frequent.sort(key=lambda word: (-counts[word], word))
        return cls([*_SPECIAL, *frequent[: limit - len(_SPECIAL)]])

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read a file with one word a line.

        Raises:
            ModelError: the file is missing or not a vocabulary.
        """
        try:
            return cls(path.read_text(encoding="utf-8").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"cannot read the vocabulary {path}: {error}") from error

    def save(self, path: Path) -> None:
        path.write_text("\n".join(self.words) + "\n", encoding="utf-8")

    def recurring(self) -> npt.NDArray[np.bool_]:
        """For each id, whether people say the word more than once in a caption as a matter of
        course: function words, and the special ones."""
        may = [word in _FUNCTION_WORDS or word in _SPECIAL for word in self.words]
        return np.array(may, bool)

    def encode(self, text: str) -> list[int]:
        """Ids of the words of `text`; unknown ones become `UNKNOWN`."""
        return [self._ids.get(word, UNKNOWN) for word in words_of(text)]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Words of `ids`, special ones left out."""
        return [self.words[i] for i in ids if i > UNKNOWN]
