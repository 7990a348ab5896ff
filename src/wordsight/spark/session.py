"""A Spark session of our own, where a program has none."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from wordsight.errors import SparkError
from wordsight.java import find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_session(master: str) -> SparkSession:
    """A session on `local[2]`, `spark://host:7077`, `yarn` or `k8s://…`.

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
        SparkSession.builder.master(master)
        .appName("wordsight")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.python.worker.reuse", "true")
    )
    try:
        return builder.getOrCreate()
    except Exception as error:  # py4j and the JVM raise many kinds
        raise SparkError(f"no Spark session on {master}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
