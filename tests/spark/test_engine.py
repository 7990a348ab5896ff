"""The engine on a real Spark: each file once, by pages, and what is left behind counts."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.conftest import SAMPLES

from wordsight.errors import SparkError
from wordsight.pipeline.local import Outcome
from wordsight.spark import engine as engine_module
from wordsight.spark.engine import SparkEngine
from wordsight.spark.job import Settings, describe_listed
from wordsight.spark.shards import Listed, Shards


class Store:
    """Keeps outcomes as a catalog does: what it has stored is known from then on."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.contents: list[str] = []

    def known(self, sha256: Sequence[str]) -> Collection[str]:
        return set(sha256) & set(self.contents)

    def take(self, batches: Iterator[list[Outcome]]) -> None:
        for batch in batches:
            copies = [o.known_as for o in batch if o.known_as]
            assert set(copies) <= set(self.contents)
            self.outcomes += batch
            self.contents += [o.photo.sha256 for o in batch if o.photo]


def listed(folder: Path) -> list[tuple[Listed, int]]:
    paths = sorted(folder.iterdir())
    return [(Listed(i, p.as_uri(), "1"), p.stat().st_size) for i, p in enumerate(paths)]


def engine(
    session: SparkSession, place: Path, store: Store, page: int = 0, resumes: bool = True
) -> SparkEngine:
    return SparkEngine(session, str(place), Settings(), store.known, resumes, page)


def test_each_file_comes_once_by_pages_and_copies_after_their_originals(
    session: SparkSession, photos: Path, tmp_path: Path
) -> None:
    shutil.copy(photos / "china.jpg", photos / "z-on-another-page.jpg")
    place, store = tmp_path / "shards", Store()
    store.take(engine(session, place, store, page=2).run(listed(photos)))
    assert sorted(o.file_id for o in store.outcomes) == list(range(len(SAMPLES) + 1))
    assert len(set(store.contents)) == len(store.contents) == len(SAMPLES)
    assert not place.exists()


def test_what_an_interrupted_run_left_is_used_and_its_failures_are_tried_again(
    session: SparkSession, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = photos / "late.jpg"
    files = [*listed(photos), (Listed(99, late.as_uri(), "1"), 0)]
    rows = [(f.key, f.uri, f.fingerprint, size) for f, size in files]
    listing = session.createDataFrame(rows, "key long, uri string, fingerprint string, bytes long")
    place, store = tmp_path / "shards", Store()
    describe_listed(listing, str(place), Settings(), 0).collect()
    late_alone = session.createDataFrame(rows[-1:], listing.schema)  # a shard of nothing else
    describe_listed(late_alone, str(place), Settings(), 0).collect()
    shutil.copy(photos / "china.jpg", late)

    given: list[int] = []

    def counted(asked: object, *rest: object) -> object:
        given.append(asked.count())  # type: ignore[attr-defined]
        return describe_listed(asked, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(engine_module, "describe_listed", counted)
    store.take(engine(session, place, store, page=3).run(files))
    assert given == [1]
    assert sorted(o.file_id for o in store.outcomes) == [*range(len(SAMPLES)), 99]
    assert all(o.failure is None for o in store.outcomes)


def test_a_run_that_is_let_go_keeps_its_shards_only_if_the_next_may_have_them(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    for resumes in (True, False):
        place, store = tmp_path / f"shards-{resumes}", Store()
        batches = engine(session, place, store, resumes=resumes).run(listed(sample_photos))
        next(batches)
        batches.close()  # type: ignore[attr-defined]
        assert place.exists() == resumes


def test_shards_that_do_not_come_here_are_told(
    session: SparkSession, sample_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shards, "names", lambda _: [])  # as where executors have their own disks
    store = Store()
    with pytest.raises(SparkError, match="share with this machine"):
        store.take(engine(session, tmp_path / "shards", store).run(listed(sample_photos)))


def test_other_models_on_executors_are_refused_in_one_line(
    session: SparkSession, sample_photos: Path, tmp_path: Path
) -> None:
    place, store = str(tmp_path / "shards"), Store()
    other = SparkEngine(session, place, Settings(identity="another"), store.known)
    with pytest.raises(SparkError, match="other models than the driver") as caught:
        store.take(other.run(listed(sample_photos)))
    assert "\n" not in str(caught.value)
