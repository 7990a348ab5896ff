"""The GPU of a worker process."""

from __future__ import annotations

import os


def take_gpu() -> None:
    """The one that Spark has given to this task, where it schedules them: CUDA, which starts
    later, sees no other. A worker process keeps it."""
    from pyspark import TaskContext

    context = TaskContext.get()
    if context is not None and (gpu := context.resources().get("gpu")):
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu.addresses[0]
