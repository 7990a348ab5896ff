"""The local engine: order, copies, failures, and never far ahead of the models."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wordsight.models.packaged import ModelSet
from wordsight.photos.folder import read_file
from wordsight.pipeline.local import BATCH, LocalEngine, Outcome


def run(
    models: ModelSet, files: list[Path], known: frozenset[str] = frozenset(), workers: int = 0
) -> list[Outcome]:
    engine = LocalEngine(models, read_file, known.__contains__, workers)
    uris = ((i, path.as_uri()) for i, path in enumerate(files))
    return [outcome for batch in engine.run(uris) for outcome in batch]


def test_outcomes_come_in_the_order_of_the_files(models: ModelSet, photos: Path) -> None:
    files = sorted(photos.iterdir())
    outcomes = run(models, files)
    assert [outcome.file_id for outcome in outcomes] == list(range(len(files)))
    assert all(outcome.photo and outcome.photo.description.caption for outcome in outcomes)


def test_a_bad_photo_fails_alone(models: ModelSet, photos: Path) -> None:
    bad = photos / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff broken")
    files = [*sorted(photos.glob("c*")), bad, photos / "gone.jpg", photos / "rocket.jpg"]
    outcomes = run(models, files)
    assert [outcome.failure is not None for outcome in outcomes] == [False] * 3 + [True] * 2 + [
        False
    ]
    assert {str(o.failure.stage) for o in outcomes if o.failure} == {"read", "decode"}


def test_only_bad_photos_are_no_trouble(models: ModelSet, tmp_path: Path) -> None:
    assert all(outcome.failure for outcome in run(models, [tmp_path / "gone.jpg"]))
    assert run(models, []) == []


def test_a_known_content_is_not_described_again(models: ModelSet, photos: Path) -> None:
    files = sorted(photos.iterdir())
    first = run(models, files)
    assert first[0].photo is not None
    known = frozenset({first[0].photo.sha256})
    again = run(models, files, known)
    assert again[0].known_as == first[0].photo.sha256
    assert again[0].photo is None
    assert all(outcome.photo for outcome in again[1:])


def test_copies_in_a_batch_share_a_description(models: ModelSet, photos: Path) -> None:
    outcomes = run(models, [photos / "china.jpg"] * 3)
    assert outcomes[0].photo is outcomes[1].photo is outcomes[2].photo


def test_one_worker_or_four_give_the_same(models: ModelSet, photos: Path) -> None:
    files = sorted(photos.iterdir())
    captions = [
        [
            outcome.photo and outcome.photo.description.caption
            for outcome in run(models, files, workers=n)
        ]
        for n in (1, 4)
    ]
    assert captions[0] == captions[1]


def test_reading_stays_a_few_batches_ahead_at_most(models: ModelSet, photos: Path) -> None:
    taken = 0
    lock = threading.Lock()

    def files() -> Iterator[tuple[int, str]]:
        nonlocal taken
        for i in range(20 * BATCH):
            with lock:
                taken += 1
            yield i, (photos / "china.jpg").as_uri()

    engine = LocalEngine(models, read_file, lambda _: True)
    batches = engine.run(files())
    next(batches)
    assert taken <= 5 * BATCH
    batches.close()  # type: ignore[attr-defined]
    assert taken <= 5 * BATCH


@pytest.mark.parametrize(("place", "at_once"), [("az://photos", 16), ("file:///photos", 2)])
def test_stores_are_read_many_at_a_time_and_decoded_a_core_each(
    models: ModelSet, photos: Path, place: str, at_once: int
) -> None:
    data = (photos / "china.jpg").read_bytes()
    all_there = threading.Barrier(at_once)
    most = {"read": 0, "decoded": 0}
    under_way = {"read": 0, "decoded": 0}
    lock = threading.Lock()

    @contextmanager
    def counted(work: str) -> Iterator[None]:
        with lock:
            under_way[work] += 1
            most[work] = max(most[work], under_way[work])
        yield
        with lock:
            under_way[work] -= 1

    def read(_: str) -> bytes:
        with counted("read"):
            all_there.wait(10)  # fails if fewer are read at a time
            return data

    def is_known(_: str) -> bool:
        with counted("decoded"):
            time.sleep(0.001)
            return True

    engine = LocalEngine(models, read, is_known, workers=2)
    files = [(i, f"{place}/{i}.jpg") for i in range(32)]
    outcomes = [outcome for batch in engine.run(files) for outcome in batch]
    assert len(outcomes) == 32
    assert most["read"] == at_once
    assert most["decoded"] <= 2
