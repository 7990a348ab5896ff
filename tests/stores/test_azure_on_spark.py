"""Photos in Azure Blob Storage, described by a cluster that shares nothing but the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from scripts.spark_cluster import standalone_cluster
from tests.conftest import SAMPLES, Run

from wordsight import Library
from wordsight.models.packaged import ModelSet


@pytest.mark.slow
def test_executors_read_blobs_and_write_shards_beside_them(
    wordsight: Run,
    library_folder: Path,
    tmp_path: Path,
    models: ModelSet,
    holiday: str,
    container: ContainerClient,
    sample_photos: Path,
) -> None:
    cut = (sample_photos / "china.jpg").read_bytes()[:5000]
    container.upload_blob("holiday/cut.jpg", cut)
    jobs = f"az://{container.container_name}/jobs"
    with standalone_cluster(workers=2) as cluster:  # whose environment has the credentials
        at = ("--engine", "spark", "--master", cluster.master, "--shards", jobs, "--json")
        done = wordsight("index", holiday, *at)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert (report["described"], report["failed"]) == (len(SAMPLES), 1)
        assert list(container.list_blob_names(name_starts_with="jobs/")) == []

        container.upload_blob("holiday/new.png", (sample_photos / "coffee.png").read_bytes() + b"2")
        report = json.loads(wordsight("index", *at).stdout)
        assert (report["described"], report["failed"]) == (1, 0)
    with Library(tmp_path / "local", models) as local, Library(library_folder, models) as library:
        local.index([holiday])
        assert told(library) == told(local)
        assert len(told(local)) == len(SAMPLES) + 1


def told(library: Library) -> dict[str, str]:
    hits = library.find("a cat", limit=50, collapses=False).hits
    return {hit.uris[0]: hit.caption for hit in hits}
