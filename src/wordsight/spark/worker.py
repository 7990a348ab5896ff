"""What a worker process of an executor has of its own, and what it shares with the others."""

from __future__ import annotations

import os
from pathlib import Path

from wordsight.models.mapped import share_weights


def take_gpu() -> None:
    """The one that Spark has given to this task, where it schedules them: CUDA, which starts
    later, sees no other. A worker process keeps it."""
    from pyspark import TaskContext

    context = TaskContext.get()
    if context is not None and (gpu := context.resources().get("gpu")):
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu.addresses[0]


def share_models() -> None:
    """Those opened from now on, with the executor's other processes: by way of the folder that it
    has for what they put on its disk, and removes in the end."""
    if folders := os.environ.get("SPARK_LOCAL_DIRS"):
        share_weights(Path(folders.split(",")[0]) / "wordsight")
