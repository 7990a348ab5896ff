"""Features to train on, computed by a real Spark: those of this machine, to the last bit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyspark.sql import SparkSession
from tests.conftest import Run

from wordsight.errors import DatasetError, SparkError
from wordsight.models.packaged import WEIGHTS
from wordsight.photos.collection import Collection
from wordsight.spark.cluster import Cluster
from wordsight.spark.feature_shards import FeatureShards
from wordsight.spark.features import extract_on
from wordsight.training.features import BATCH, Extract, Halves, extract_here, load_features
from wordsight.training.telling import uncounted

NETWORK = WEIGHTS / "backbone.onnx"
PHOTOS = 2 * BATCH + 11
CUT_OUT = 2
TEXTS = (
    "a cat with green eyes looks up",
    "a cup of coffee on a table",
    "the rocket waits at night",
)


@pytest.fixture(scope="module")
def data(sample_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same cut-outs of three photos as a tar and as a folder."""
    root = tmp_path_factory.mktemp("collections")
    folder = root / "in-folder"
    folder.mkdir()
    originals = [next(sample_photos.glob(f"{name}.*")) for name in ("chelsea", "coffee", "rocket")]
    with tarfile.open(root / "in-tar.tar", "w") as tar:
        for i in range(PHOTOS):
            file = folder / f"{i:03d}.jpg"
            with Image.open(originals[i % 3]) as image:
                box = (i, i // 2, image.width - 3 * (i % 7), image.height - i)
                image.convert("RGB").crop(box).resize((300, 200)).save(file)
            tar.add(file, file.name)
    rows = [{"file": f"{i:03d}.jpg", "captions": [TEXTS[i % 3]]} for i in range(PHOTOS)]
    for name in ("in-tar", "in-folder"):
        (root / f"{name}.json").write_text(json.dumps(rows))
    return root


@pytest.fixture(scope="module")
def local(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Halves:
    return features(data / "in-tar", tmp_path_factory.mktemp("cache"), extract_here)


def features(collection: Path, cache: Path, extract: Extract) -> Halves:
    (grids,) = load_features(Collection(collection), NETWORK, cache, CUT_OUT, uncounted, extract)
    return grids


@pytest.mark.parametrize("name", ["in-tar", "in-folder"])
def test_they_are_those_of_this_machine(
    session: SparkSession, data: Path, local: Halves, tmp_path: Path, name: str
) -> None:
    cluster = Cluster(session, str(tmp_path / "shards"))
    found = features(data / name, tmp_path / "cache", extract_on(cluster, BATCH))
    assert found.shape == (PHOTOS, 49, 1280)
    np.testing.assert_array_equal(found, local)
    assert not list((tmp_path / "shards").iterdir())


def test_an_interrupted_job_goes_on(
    session: SparkSession,
    data: Path,
    local: Halves,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(session, str(tmp_path / "shards"))

    @contextmanager
    def interrupted(*about: object) -> Iterator[Iterator[object]]:
        with extract_on(cluster, BATCH)(*about) as parts:  # type: ignore[arg-type]

            def one() -> Iterator[object]:
                yield next(parts)
                raise KeyboardInterrupt

            yield one()

    with pytest.raises(KeyboardInterrupt):
        features(data / "in-tar", tmp_path / "cache", interrupted)  # type: ignore[arg-type]
    (place,) = (tmp_path / "shards").iterdir()
    there = {path: path.stat().st_mtime_ns for path in place.glob("*.npz")}
    assert there

    kept: dict[Path, int] = {}
    clear = FeatureShards.clear

    def seen(shards: FeatureShards) -> None:
        kept.update((path, path.stat().st_mtime_ns) for path in place.glob("*.npz"))
        clear(shards)

    monkeypatch.setattr(FeatureShards, "clear", seen)
    found = features(data / "in-tar", tmp_path / "cache", extract_on(cluster, BATCH))
    np.testing.assert_array_equal(found, local)
    assert there.items() <= kept.items()
    assert len(kept) == 3


def test_a_broken_photo_is_told_by_name_as_on_this_machine(
    session: SparkSession, data: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "cut.tar", "w") as tar:
        for i in range(3):
            file = tmp_path / f"{i}.jpg"
            file.write_bytes(
                (data / "in-folder" / "000.jpg").read_bytes()[: 1000 if i == 1 else None]
            )
            tar.add(file, file.name)
    rows = [{"file": f"{i}.jpg", "captions": ["a photo"]} for i in range(3)]
    (tmp_path / "cut.json").write_text(json.dumps(rows))
    cluster = Cluster(session, str(tmp_path / "shards"))
    told = []
    for extract in (extract_here, extract_on(cluster)):
        with pytest.raises(DatasetError, match=r"^1\.jpg cannot be decoded: ") as caught:
            features(tmp_path / "cut", tmp_path / "cache", extract)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_shards_that_do_not_come_here_are_told(
    session: SparkSession, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeatureShards, "firsts", lambda _: set())  # as where disks are not shared
    cluster = Cluster(session, str(tmp_path / "shards"))
    with pytest.raises(SparkError, match="share with this machine"):
        features(data / "in-tar", tmp_path / "cache", extract_on(cluster))


def test_executors_need_no_pytorch() -> None:
    check = "import sys, wordsight.spark.features; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr


def test_training_reads_what_the_command_computed(
    wordsight: Run, data: Path, tmp_path: Path
) -> None:
    weights, cache = tmp_path / "weights", tmp_path / "cache"
    weights.mkdir()
    shutil.copy(NETWORK, weights)
    train = ("train", "--out", weights, "--cache", cache)
    names = ("--data", data, "--train", "in-tar", "--dev", "in-folder")
    done = wordsight(*train, "features", *names, "--engine", "spark", "--master", "local[2]")
    assert done.returncode == 0, done.stderr
    computed = {path: path.stat().st_mtime_ns for path in cache.glob("*-view*")}
    assert len(computed) == 4 + 1  # views to train on, and the plain one of what is held out

    done = wordsight(*train, "captioner", *names, "--no-self-critical", "--epochs", 1)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in cache.glob("*-view*")} == computed
