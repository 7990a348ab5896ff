"""A searcher that has looked on all the while sees what one sees that looks for the first time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeLibrary, FakeModels, said, seen, sentences, unit

from wordsight import publishing
from wordsight.errors import LibraryError
from wordsight.search.results import Signal
from wordsight.search.searcher import Searcher

TEXTS = sentences(24)
QUERIES = ("subject1", "place2 subject5", "something else")

steps = st.one_of(
    st.tuples(st.just("hold"), st.sets(st.sampled_from(TEXTS))),
    st.tuples(st.just("move"), st.sampled_from(TEXTS)),
    st.tuples(st.just("by others"), st.sets(st.sampled_from(TEXTS), max_size=6)),
    st.tuples(st.just("publish")),
    st.tuples(st.just("publish others'")),
    st.tuples(st.just("search")),
)


class History:
    """A folder's files, which come, go and move, in one library with two sets of models."""

    def __init__(self, folder: Path, exact_below: int) -> None:
        self.library = FakeLibrary(folder, exact_below=exact_below)
        self.others = FakeLibrary(folder, FakeModels("fake-models-2"), exact_below)
        self.files: dict[str, str] = {}
        self.mine: set[str] = set()
        self.published = False

    def apply(self, step: tuple[object, ...]) -> None:
        """Each in a run of its own."""
        kind, *rest = step
        for library in (self.library, self.others):
            library.publisher = library.new_publisher()
        if kind == "hold":
            self.hold({text: text for text in sorted(rest[0])})
        elif kind == "move":
            name, text = f"moved {rest[0]}", str(rest[0])
            self.hold({**{k: v for k, v in self.files.items() if v != text}, name: text})
        elif kind == "by others":
            self.describe_by_others(rest[0])
        elif kind == "publish":
            self.library.publisher.publish()
            self.published = True
        elif kind == "publish others'":
            self.others.publisher.publish()
            self.published = False

    def hold(self, files: dict[str, str]) -> None:
        self.files = files
        self.library.hold(files)
        self.mine = set(files.values())

    def describe_by_others(self, texts: set[str]) -> None:
        """These photos, where they are in the folder, are described again by other models."""
        waiting = self.others.catalog.inventory.waiting(self.others.models.identity, True)
        ids = {file.uri.rpartition("/")[2]: file.id for file in waiting}
        chosen = {name: text for name, text in self.files.items() if text in texts}
        again = {ids[name]: text for name, text in chosen.items() if name in ids}
        self.others.describe(again)
        self.mine -= set(again.values())

    def close(self) -> None:
        self.library.close()
        self.others.close()


def assert_same(one: Searcher, other: Searcher, limit: int) -> None:
    """Both give the same photos in the same order, with the same scores, or the same error."""
    for query in QUERIES:
        for signal in ("fused", "caption"):
            mine, theirs = (answer(searcher, query, limit, signal) for searcher in (one, other))
            assert mine[0] == theirs[0]
            np.testing.assert_allclose(mine[1], theirs[1], atol=1e-6)


def answer(
    searcher: Searcher, query: str, limit: int, signal: Signal
) -> tuple[object, list[float]]:
    try:
        hits = searcher.search(query, limit, signal)
    except LibraryError as error:
        return str(error), []
    shown = [(hit.id, hit.uris, hit.caption) for hit in hits]
    return shown, [score for hit in hits for score in (hit.score, hit.picture_score)]


def by_brute_force(texts: set[str], query: str, limit: int) -> list[str]:
    order = sorted(texts, key=lambda text: -float(unit(said(text) + seen(text)) @ said(query)))
    return order[:limit]


histories = given(
    st.lists(steps, max_size=12), st.sampled_from([3, 100]), st.sampled_from([8, 10_000])
)


@histories
@settings(max_examples=20, deadline=None)
def test_any_history_is_seen_as_at_first_sight(
    history: list[tuple[object, ...]], limit: int, exact_below: int
) -> None:
    live_through(history, limit, exact_below)


@pytest.mark.slow
@histories
@settings(max_examples=150, deadline=None)
def test_many_more_histories_are_seen_as_at_first_sight(
    history: list[tuple[object, ...]], limit: int, exact_below: int
) -> None:
    live_through(history, limit, exact_below)


def live_through(history: list[tuple[object, ...]], limit: int, exact_below: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(publishing, "probe_queries", lambda: list(QUERIES))
        made = History(Path(folder), exact_below)
        long_lived = made.library.searcher
        for step in history:
            made.apply(step)
            if step[0] == "search":
                assert_same(long_lived, made.library.new_searcher(), limit)
        check_at_the_end(made, long_lived, limit)
        made.close()


def check_at_the_end(made: History, long_lived: Searcher, limit: int) -> None:
    assert_same(long_lived, made.library.new_searcher(), limit)
    if not made.mine and not made.published:
        return
    for query in QUERIES:
        found = [hit.caption.rpartition(" by ")[0] for hit in long_lived.search(query, 100)]
        assert len(found) == len(set(found))
        assert set(found) == made.mine
        if made.library.exact_below > len(TEXTS):
            assert found == by_brute_force(made.mine, query, 100)
