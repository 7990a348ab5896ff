"""`wordsight index --engine spark`, as a person runs it."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession
from tests.conftest import SAMPLES, Run, command
from tests.photos.test_decode_refusals import png_claiming

import wordsight.spark.submit
from wordsight import Library
from wordsight.cli.spark import tell_shards
from wordsight.indexing import Progress
from wordsight.models.packaged import ModelSet
from wordsight.spark.cluster import Cluster
from wordsight.spark.job import ShardReport

ON_SPARK = ("--engine", "spark", "--master", "local[2]")


def test_photos_are_described_on_spark(
    wordsight: Run, sample_photos: Path, library_folder: Path
) -> None:
    done = wordsight("index", sample_photos, *ON_SPARK, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["described"] == len(SAMPLES)
    assert not list(library_folder.rglob("*.parquet"))


def test_a_slow_machine_shows_in_the_line_about_shards() -> None:
    shards = [
        ShardReport(str(i), 100, 0, seconds, False, 0, host)
        for i, (seconds, host) in enumerate([(2, "a"), (10, "b"), (4, "a")])
    ]
    there = ShardReport("there", 100, 0, 0.0, True, 0, "c")
    told = tell_shards([*shards, there])
    assert told.startswith("on Spark: 3 shards by 2 machines, a task 25.0 photos/s")
    assert "slowest 10.0 on b" in told
    assert tell_shards([there]) == ""


def test_the_line_about_shards_says_who_stored_them() -> None:
    one = ShardReport("1", 100, 0, 2.0, False, 0, "a")
    assert "stored" not in tell_shards([one])
    stored = replace(one, stored=99)
    assert tell_shards([stored, stored]).endswith("; stored by the executors")
    told = tell_shards([stored, replace(one, unstored_reason="no way")])
    assert told.endswith("; stored by the driver in 1 of them: no way")


@pytest.mark.parametrize("has_page", [True, False])
def test_progress_links_sparks_own_page_where_it_has_one(
    photos: Path, library_folder: Path, tmp_path: Path, has_page: bool
) -> None:
    for name in SAMPLES.keys() - {"china.jpg"}:
        (photos / name).unlink()
    port = free_port()
    (tmp_path / "spark-defaults.conf").write_text(
        f"spark.ui.port {port}\nspark.ui.enabled {str(has_page).lower()}\n"
    )
    shown = on_a_terminal(
        command("--library", library_folder, "index", photos, *ON_SPARK),
        {**os.environ, "SPARK_CONF_DIR": str(tmp_path), "COLUMNS": "200", "TERM": "xterm"},
    )
    assert "Describing" in shown
    assert "on Spark: 1 shard by 1 machine, a task " in shown
    addresses = set(re.findall(r"https?://[^\s\x1b]+", shown))
    assert len(addresses) == has_page
    assert all(address.endswith(f":{port}") for address in addresses)
    assert ("\x1b]8;id=" in shown) == has_page  # a terminal's link


def on_a_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """What a command writes to a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(arguments, env=environment, stdout=its, stderr=its) as run:
        os.close(its)
        told = b""
        with suppress(OSError):  # a terminal that nobody writes to any more
            while part := os.read(ours, 4096):
                told += part
    os.close(ours)
    assert run.returncode == 0, told
    return told.decode()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("", 0))
        return int(listening.getsockname()[1])


@pytest.mark.slow
def test_spark_submit_takes_the_command(sample_photos: Path, library_folder: Path) -> None:
    home = Path(pyspark.__file__).parent
    submit = [home / "bin/spark-submit", "--master", "local[2]", wordsight.spark.submit.__file__]
    arguments = ["--library", library_folder, "index", sample_photos, "--engine", "spark", "--json"]
    done = subprocess.run(
        [*map(str, submit), *map(str, arguments)],
        env={**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["described"] == len(SAMPLES)


def test_a_library_described_on_spark_is_that_of_the_local_engine(
    session: SparkSession, models: ModelSet, sample_library: Path, photos: Path, tmp_path: Path
) -> None:
    cluster = Cluster(session, str(tmp_path / "shards"))
    (photos / "cut.jpg").write_bytes((photos / "china.jpg").read_bytes()[:5000])
    shutil.copy(photos / "coffee.png", photos / "copy.png")
    with Library(tmp_path / "library", models) as library:
        report = library.index([photos], cluster=cluster)
        assert (report.described, report.copies, report.failed) == (len(SAMPLES), 1, 1)
        assert sum(shard.photos for shard in cluster.reports) == len(SAMPLES) + 2
        assert sum(shard.failed for shard in cluster.reports) == 1
        with Library(sample_library, models) as local:
            assert shown(library) == shown(local)

        os.utime(photos / "china.jpg")  # read again, not described again
        (photos / "rocket.jpg").unlink()
        again = library.index(cluster=cluster)
        assert (again.described, again.copies, again.failed, again.removed) == (0, 1, 0, 1)


def test_poison_photos_are_recorded_and_the_others_described(
    session: SparkSession, models: ModelSet, photos: Path, tmp_path: Path
) -> None:
    whole = (photos / "china.jpg").read_bytes()
    (photos / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "bomb.png").write_bytes(png_claiming(20_000, 10_000))
    (photos / "gone.jpg").write_bytes(whole + b"of its own")

    def vanish(seen: Progress) -> None:
        if seen.stage == "describe":  # it is listed by now
            (photos / "gone.jpg").unlink(missing_ok=True)

    with Library(tmp_path / "library", models) as library:
        report = library.index(
            [photos], watch=vanish, cluster=Cluster(session, str(tmp_path / "s"))
        )
        assert (report.described, report.failed) == (len(SAMPLES), 3)
        reasons = {
            failure.uri.rpartition("/")[2]: failure.reason for failure in library.status().failures
        }
    assert "truncated" in reasons.pop("cut.jpg")
    assert "too large to unpack safely" in reasons.pop("bomb.png")
    assert "vanished" in reasons.pop("gone.jpg")
    assert not reasons


def shown(library: Library) -> dict[str, tuple[str, float]]:
    hits = library.search("a cat")
    return {Path(hit.uris[0]).name: (hit.caption, round(hit.score, 5)) for hit in hits}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--master", "local[2]"], "are of --engine spark"),
        (["--engine", "spark", "--master", "nonsense"], "no Spark session on nonsense"),
    ],
)
def test_wrong_options_are_told_in_a_line(
    wordsight: Run, sample_photos: Path, options: list[str], expected: str
) -> None:
    told = wordsight("index", sample_photos, *options)
    assert told.returncode != 0
    assert expected in told.stderr
    assert "Traceback" not in told.stderr
