"""GPUs as Spark gives them to tasks: its scheduling is real, the GPU is fake, a number."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

NUMBER = 3
FOUND = f"""#!/bin/sh
echo '{{"name": "gpu", "addresses": ["{NUMBER}"]}}'
"""
JOB = """
import os, sys
from collections.abc import Iterator

from pyspark.sql import SparkSession
from wordsight.java import find_java

def seen(_: Iterator[int]) -> Iterator[str]:
    from wordsight.spark.job import Settings, _models
    _models(Settings(threads=1))
    yield os.environ["CUDA_VISIBLE_DEVICES"]

find_java()
builder = SparkSession.builder.master("local-cluster[1,1,1024]")
for who in ("worker", "executor"):
    builder = builder.config(f"spark.{who}.resource.gpu.amount", 1)
    builder = builder.config(f"spark.{who}.resource.gpu.discoveryScript", sys.argv[1])
session = builder.config("spark.task.resource.gpu.amount", 1).getOrCreate()
print("sees", session.sparkContext.parallelize([0], 1).mapPartitions(seen).collect())
session.stop()
"""


def test_models_compute_on_the_gpu_that_their_task_was_given(tmp_path: Path) -> None:
    discovery = tmp_path / "find"
    discovery.write_text(FOUND)
    discovery.chmod(0o755)
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    environment["SPARK_WORKER_DIR"] = str(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", JOB, discovery],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )
    assert f"sees ['{NUMBER}']" in run.stdout, run.stderr
