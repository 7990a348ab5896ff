"""A real Spark on this machine, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from wordsight.spark.session import open_session


@pytest.fixture(scope="session")
def session() -> Iterator[SparkSession]:
    session = open_session("local[2]")
    yield session
    session.stop()
