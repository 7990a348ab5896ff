"""Photos in Azure Blob Storage, described by a cluster that shares nothing but the store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from azure.storage.blob import ContainerClient
from scripts.spark_cluster import standalone_cluster
from tests.conftest import SAMPLES, Run

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.spark.shards import Shards


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


SCRIPT = """
import sys
from pyspark.sql import SparkSession
from wordsight.spark.job import describe_photos

spark = SparkSession.builder.getOrCreate()
*uris, place = sys.argv[1:]
for several in (uris[:2], uris, uris):
    listing = spark.createDataFrame([(uri,) for uri in several], "uri string")
    reports = describe_photos(listing, place)
    print("described", sum(report.photos for report in reports.collect()))
"""


@pytest.mark.slow
def test_a_script_of_ones_own_describes_a_list_into_blobs(
    holiday: str, container: ContainerClient, tmp_path: Path
) -> None:
    """As `spark-submit` takes it, without the command; again and again, with a list that grows."""
    (tmp_path / "own.py").write_text(SCRIPT)
    home = Path(pyspark.__file__).parent
    uris = [f"{holiday}/{name}" for name in SAMPLES]
    place = f"az://{container.container_name}/described"
    submit = [home / "bin/spark-submit", "--master", "local[2]", tmp_path / "own.py"]
    done = subprocess.run(
        [*map(str, submit), *uris, place],
        env={**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    counts = [int(line.split()[1]) for line in done.stdout.splitlines() if "described" in line]
    assert counts == [2, len(SAMPLES) - 2, 0]
    shards = Shards(place)
    rows = [row for name in shards.names() for row in shards.rows(name)]
    assert sorted(row["uri"] for row in rows) == sorted(uris)
    assert all(row["caption"] for row in rows)


def told(library: Library) -> dict[str, str]:
    hits = library.find("a cat", limit=50, collapses=False).hits
    return {hit.uris[0]: hit.caption for hit in hits}
