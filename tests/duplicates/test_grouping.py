"""Near-duplicates of many photos, found group by group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.duplicates.conftest import changed
from tests.duplicates.test_comparing import names

from wordsight import Library
from wordsight.catalog.likenesses import Likenesses, LikenessRows
from wordsight.duplicates import comparing, grouping
from wordsight.duplicates.gathering import gathered, take
from wordsight.duplicates.grouping import pairs_in_groups
from wordsight.duplicates.rule import near_duplicates
from wordsight.models.packaged import ModelSet

COUNT = 3000


@pytest.fixture
def as_if_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_MANY", 0)


def some_photos(seed: int = 0) -> LikenessRows:
    """Of scenes that have some photos each; every tenth photo is as the one before, but for noise;
    the first half has been compared."""
    random = np.random.default_rng(seed)
    scenes = random.normal(size=(COUNT // 10, 64))
    vectors = np.repeat(scenes, 10, axis=0) + 0.7 * random.normal(size=(COUNT, 64))
    thumbprints = random.integers(20, 236, (COUNT, 32, 32))
    vectors[9::10] = vectors[8::10] + 0.1 * random.normal(size=vectors[9::10].shape)
    thumbprints[9::10] = thumbprints[8::10] + random.integers(-9, 9, thumbprints[9::10].shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return LikenessRows(
        np.arange(COUNT) * 3,
        vectors.astype(np.float32),
        thumbprints.astype(np.uint8).reshape(COUNT, -1),
        np.full(COUNT, np.nan),
        np.zeros(COUNT, np.int64),
        np.arange(COUNT) < COUNT // 2,
    )


def test_groups_find_what_a_comparison_with_all_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_BLOCK", 7)
    rows = some_photos()
    found = [pair for _, pairs in pairs_in_groups(rows) for pair in pairs]
    new = take(rows, np.flatnonzero(~rows.compared))
    assert sorted(set(found)) == near_duplicates(new, rows)
    assert len(set(found)) == COUNT // 20


def test_the_share_that_is_done_grows_to_one() -> None:
    shares = [share for share, _ in pairs_in_groups(some_photos())]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_gathered_rows_are_what_they_were(tmp_path: Path) -> None:
    rows = some_photos()
    parts = [take(rows, np.arange(start, start + 1000)) for start in range(0, COUNT, 1000)]
    with gathered(parts, tmp_path / "new") as whole:
        assert not list((tmp_path / "new").iterdir())  # nothing to clear up, whatever happens
        some = take(whole, np.array([2999, 0, 1500]))
        for name, value in vars(take(rows, np.array([2999, 0, 1500]))).items():
            np.testing.assert_allclose(getattr(some, name), value, atol=1e-3)


@pytest.mark.usefixtures("as_if_many")
def test_what_comes_to_many_photos_is_compared_in_groups(
    photos: Path, library_folder: Path, models: ModelSet
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
        changed(photos / "coffee.png", "resized", photos / "later.jpg")
        done: list[tuple[int, int]] = []
        library.index(
            watch=lambda p: done.append((p.done, p.total)) if p.stage == "compare" else None
        )
        assert names(library) == [{"coffee.png", "later.jpg"}]
        assert (done[0], done[-1]) == ((0, 1), (1, 1))


@pytest.mark.usefixtures("as_if_many")
def test_a_run_that_stops_before_the_end_is_made_good_by_the_next(
    photos: Path, library_folder: Path, models: ModelSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(photos / "china.jpg", "resized", photos / "copy.jpg")
    record = Likenesses.record

    def interrupted(self: Likenesses, compared: list[int], groups: list[list[int]]) -> None:
        if compared:
            raise KeyboardInterrupt
        record(self, compared, groups)

    with Library(library_folder, models) as library:
        monkeypatch.setattr(Likenesses, "record", interrupted)
        with pytest.raises(KeyboardInterrupt):
            library.index([photos])
        monkeypatch.setattr(Likenesses, "record", record)
        library.index()
        assert names(library) == [{"china.jpg", "copy.jpg"}]
