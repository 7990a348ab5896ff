"""Searches while photos come and go and snapshots are published: in the middle of a look, too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.fakes import FakeLibrary, sentences

TEXTS = sentences(60)


def interfering(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, change: Callable[[], None]
) -> None:
    """A change happens right after the next call of a method has read what it reads."""
    original, pending = getattr(owner, name), [change]

    def read(*arguments: object) -> object:
        found = original(*arguments)
        while pending:
            pending.pop()()
        return found

    monkeypatch.setattr(owner, name, read)


@pytest.mark.parametrize("read", ["version", "changed_ids", "vectors"])
@pytest.mark.parametrize("change", ["moved", "gone", "new", "published"])
def test_a_change_in_the_middle_of_a_look_shows_nothing_twice(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch, read: str, change: str
) -> None:
    """Whether it shows already, or at the next query: no photo twice, and none lost for good."""
    library.found("subject1")
    files = {text: text for text in [*TEXTS[1:], "another subject1"]}
    library.hold(files)
    best = TEXTS[9]
    after = {
        "moved": {("moved" if text == best else text): text for text in files},
        "gone": {text: text for text in files if text != best},
        "new": {**files, "newer": "one more subject1"},
        "published": files,
    }[change]

    def do() -> None:
        library.hold(after)
        if change == "published":
            library.publisher.publish()

    interfering(monkeypatch, library.catalog.descriptions, read, do)
    for moment in ("meanwhile", "later"):
        hits = library.searcher.search("subject1", 1000)
        names = [uri.rpartition("/")[2] for hit in hits for uri in hit.uris]
        assert len({hit.id for hit in hits}) == len(hits)
        assert len(set(names)) == len(names)
        if moment == "later" or change in ("moved", "published"):
            assert set(names) == set(after)


def test_many_search_while_the_library_changes(library: FakeLibrary) -> None:
    """Each answer is of some moment: photos that always were there are in all of them."""
    always = set(TEXTS[:40])
    over = threading.Event()

    def search() -> int:
        searched = 0
        while not over.is_set() or not searched:
            hits = library.searcher.search("subject1", 1000)
            found = [hit.caption.rpartition(" by ")[0] for hit in hits]
            assert len(found) == len(set(found))
            assert always <= set(found)
            scores = [hit.score for hit in hits]
            assert scores == sorted(scores, reverse=True)
            searched += 1
        return searched

    with ThreadPoolExecutor(4) as pool:
        searching = [pool.submit(search) for _ in range(4)]
        try:
            for turn in range(12):
                some = np.random.default_rng(turn).choice(20, 10, replace=False)
                library.hold([*TEXTS[:40], *(TEXTS[40 + i] for i in some)])
                if turn % 4 == 3:
                    library.publisher.publish()
        finally:
            over.set()
        assert all(done.result() > 0 for done in searching)
    assert set(library.found("subject1", 1000)) == {*TEXTS[:40], *(TEXTS[40 + i] for i in some)}
