"""A Spark session of our own, where a program has none."""

from __future__ import annotations

import os
import sys
from itertools import chain, dropwhile, islice
from typing import TYPE_CHECKING

from wordsight.errors import SparkError
from wordsight.java import find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_session(master: str | None = None) -> SparkSession:
    """A session on `local[2]`, `spark://host:7077`, `yarn` or `k8s://…`.

    None means what `spark-submit` has been told, else all cores of this machine.

    Raises:
        SparkError: PySpark is missing, or the master does not answer.
        WordsightError: there is no Java.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError("this needs Spark: pip install 'wordsight[spark]'") from error
    find_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        (SparkSession.builder.master(master) if master else SparkSession.builder)
        .appName("wordsight")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.python.worker.reuse", "true")
    )
    try:
        return builder.getOrCreate()
    except Exception as error:  # py4j and the JVM raise many kinds
        raise SparkError(
            f"no Spark session on {master or 'this machine'}: {first_line(error)} "
            "(Spark's own lines above may tell more)"
        ) from error


def first_line(error: Exception) -> str:
    """What a person needs of an error that may carry two stacks: our own message, if it is one."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("An error occurred while calling "):
        lines = [lines[1].lstrip(": "), *lines[2:]]  # what py4j called tells nobody anything
    ours = (line.partition(": ")[2] for line in lines if line.startswith("wordsight.errors."))
    told = dropwhile(lambda line: not line.lstrip().startswith("Traceback "), lines)
    raised = (line for line in islice(told, 1, None) if not line.startswith(" "))
    return next(chain(ours, raised, lines), type(error).__name__).strip()
