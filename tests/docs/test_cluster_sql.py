"""The SQL in docs/clusters.md says what the commands say."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wordsight import Library
from wordsight.library_clusterings import LibraryClusterings
from wordsight.models.packaged import ModelSet

PAGE = Path(__file__).parents[2] / "docs/clusters.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def folder(
    sample_library: Path, models: ModelSet, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A library with two clusterings, the active one with three cells."""
    made = Path(shutil.copytree(sample_library, tmp_path_factory.mktemp("sql") / "library"))
    with Library(made, models) as library:
        library.clusterings().fit(cells=2)
        library.clusterings().fit(cells=3, seed=1)
    return made


@pytest.fixture
def clusterings(folder: Path, models: ModelSet) -> Iterator[LibraryClusterings]:
    with Library(folder, models) as library:
        yield library.clusterings()


@pytest.fixture
def answers(folder: Path) -> list[list[tuple[Any, ...]]]:
    with sqlite3.connect(folder / "catalog.db") as database:
        return [database.execute(query).fetchall() for query in QUERIES]


def test_all_queries_answer(answers: list[list[tuple[Any, ...]]]) -> None:
    assert len(answers) == 6
    assert all(answers)


def test_the_list(answers: list[list[tuple[Any, ...]]], clusterings: LibraryClusterings) -> None:
    told = [(one[0], bool(one[1]), one[2], one[3], one[6]) for one in answers[0]]
    heads = clusterings.all()
    assert told == [(head.id, head.active, head.method, head.photos, head.cells) for head in heads]
    assert [one[7:] for one in answers[0]] == [(1, 1), (1, 1)]


def test_the_cells(answers: list[list[tuple[Any, ...]]], clusterings: LibraryClusterings) -> None:
    shown = [(one.cell, one.size) for one in clusterings.cells()]
    assert [(cell, size) for cell, _, size in answers[1]] == shown
    assert len(shown) == 3


def test_a_cell(answers: list[list[tuple[Any, ...]]], clusterings: LibraryClusterings) -> None:
    content = clusterings.cell(0)
    assert [uri for uri, *_ in answers[2]] == [photo.uris[0] for photo in content.photos]
    assert [text for _, text, _ in answers[2]] == [photo.caption for photo in content.photos]


def test_its_words(answers: list[list[tuple[Any, ...]]], clusterings: LibraryClusterings) -> None:
    """Ranked a little differently, so in any order, and short ones are left out."""
    long = [word for word in clusterings.cell(0).words if len(word) > 3]
    assert len({word for word, *_ in answers[3]} & set(long)) >= min(2, len(long))
    for _, here, everywhere in answers[3]:
        assert 1 >= here >= everywhere > 0


def test_the_components(answers: list[list[tuple[Any, ...]]]) -> None:
    assert [row[0] for row in answers[4]] == list(range(len(answers[4])))
    assert 0.95 <= answers[4][-1][2] <= 1.0001
    vectors = np.stack([np.frombuffer(row[3], "<f4") for row in answers[4]])
    assert np.allclose(vectors @ vectors.T, np.eye(len(vectors)), atol=1e-4)


def test_a_photo(answers: list[list[tuple[Any, ...]]], clusterings: LibraryClusterings) -> None:
    assert [row[:2] for row in answers[5]] == [
        (head.id, int(head.active)) for head in clusterings.all()
    ]
