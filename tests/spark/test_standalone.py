"""A cluster of its own processes on this machine, of which a part is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scripts.spark_cluster import standalone_cluster
from sqlalchemy import URL
from tests.postgres import postgresql_url

from wordsight import Library
from wordsight.catalog import Catalog, sqlite_url
from wordsight.models.packaged import ModelSet
from wordsight.overview import PROGRESS
from wordsight.progress_note import read_note

COPIES = int(os.environ.get("WORDSIGHT_SPARK_COPIES", "50"))
"""Of each photo: enough to be in the middle for some seconds."""
HALFS_STEP = 2.0**-12
"""Of float16 below a half, in which embeddings are kept."""


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_worker_killed_in_the_middle_changes_nothing(
    sample_photos: Path, tmp_path: Path, models: ModelSet, database: str
) -> None:
    """In PostgreSQL executors store; one that dies before it has told of it does so again, and
    finds copies."""
    catalog = postgresql_url() if database == "postgresql" else None
    source = tmp_path / "photos"
    total = multiply(Path(os.environ.get("WORDSIGHT_SPARK_PHOTOS", sample_photos)), source, COPIES)
    folder = tmp_path / "library"
    with standalone_cluster(workers=2) as cluster:
        run = index(folder, catalog, cluster.master, tmp_path / "shards", source)
        while run.poll() is None and described(folder) == 0:
            time.sleep(0.05)
        at = described(folder)
        cluster.kill_worker(0)
        said, told = run.communicate(timeout=3600)
        assert run.returncode == 0, told
        report = json.loads(said)
        assert 0 < at < total
        assert (report["described"] + report["copies"], report["failed"]) == (total, 0)
        assert report["copies"] == 0 or database == "postgresql"

        (source / "new.jpg").write_bytes(next(source.iterdir()).read_bytes() + b"new")
        (source / "again.jpg").write_bytes((source / "new.jpg").read_bytes())
        again = index(folder, catalog, cluster.master, tmp_path / "shards", None)
        report = json.loads(again.communicate(timeout=600)[0])
        assert (report["described"] + report["copies"], report["failed"]) == (2, 0)
        assert report["copies"] == 1 or database == "postgresql"

    with Library(tmp_path / "local", models) as local:
        local.index([source])
    here = sqlite_url(tmp_path / "local" / "catalog.db")
    there = catalog or sqlite_url(folder / "catalog.db")
    assert_same_descriptions(there, here, total + 2)


def multiply(originals: Path, into: Path, copies: int) -> int:
    """Each photo under many names, with bytes of its own behind what is decoded."""
    into.mkdir()
    count = 0
    for path in sorted(originals.iterdir()):
        data = path.read_bytes()
        for i in range(copies):
            (into / f"{path.stem}-{i}{path.suffix}").write_bytes(data + str(i).encode())
            count += 1
    return count


def index(
    folder: Path, catalog: str | None, master: str, shards: Path, source: Path | None
) -> subprocess.Popen[bytes]:
    at = ["--engine", "spark", "--master", master, "--shards", str(shards), "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "wordsight", "--library", str(folder)]
        + (["--catalog", catalog] if catalog else [])
        + ["index"]
        + ([str(source)] if source else [])
        + at,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def described(folder: Path) -> int:
    note = read_note(folder / PROGRESS)
    return note.done if note is not None and note.stage == "describe" else 0


def assert_same_descriptions(one: URL | str, two: URL | str, photos: int) -> None:
    """Captions are the same; so are confidences and embeddings, but for the last digit of a photo
    that was in a batch by itself, which is multiplied in another order."""
    texts, confidences, vectors = descriptions(one)
    other_texts, other_confidences, other_vectors = descriptions(two)
    assert len(texts) == photos
    assert texts == other_texts
    np.testing.assert_allclose(confidences, other_confidences, atol=1e-6)
    np.testing.assert_allclose(vectors, other_vectors, atol=HALFS_STEP)


def descriptions(url: URL | str) -> tuple[dict[str, str], list[float], np.ndarray]:
    """Captions of all files by their addresses; and by these, confidences and embeddings."""
    catalog = Catalog(url)
    vectors = catalog.descriptions.vectors(ModelSet().identity)
    both = np.concatenate([vectors.caption, vectors.picture], axis=1)
    rows = dict(zip(vectors.ids.tolist(), both, strict=True))
    details = catalog.descriptions.details(list(rows))
    catalog.close()
    of_files = sorted((uri, one) for one in details.values() for uri in one.uris)
    return (
        {uri: one.caption for uri, one in of_files},
        [one.confidence for _, one in of_files],
        np.stack([rows[one.id] for _, one in of_files]),
    )
