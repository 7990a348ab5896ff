"""Folders and stores that the machines of a cluster share."""

from __future__ import annotations

import pickle
from pathlib import Path
from uuid import uuid4

import pytest
from fsspec.implementations.local import LocalFileSystem
from pyspark.sql import SparkSession

from wordsight.errors import SparkError
from wordsight.spark.cluster import Cluster
from wordsight.spark.places import Place


@pytest.fixture(params=["folder", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    where = {"folder": str(tmp_path / "jobs"), "store": f"memory://{uuid4().hex}/jobs"}
    return Place(where[request.param])


def test_what_is_written_is_there_until_it_is_removed(place: Place) -> None:
    place.make()
    assert place.names(".part") == place.names("") == []
    place.write("b.npz", b"two")
    place.write("a.npz", b"one")
    place.write("a.npz", b"once more")
    assert place.names(".npz") == place.names("") == ["a.npz", "b.npz"]
    assert (place.read("a.npz"), place.has("a.npz"), place.has("c")) == (b"once more", True, False)
    place.remove("a.npz")
    place.remove("a.npz")
    assert place.names("") == ["b.npz"]
    place.clear()
    place.clear()
    assert place.names("") == []


def test_trying_a_place_out_leaves_nothing(place: Place) -> None:
    place.try_out()
    assert place.names("") == []


def test_what_a_kill_leaves_half_written_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(LocalFileSystem, "mv", lambda *_: 1 / 0)
        with pytest.raises(SparkError):
            place.write("a.parquet", b"half")
    assert place.names(".parquet") == []
    assert [path.name[0] for path in tmp_path.iterdir()] == ["_"]  # Spark reads no such files


def test_a_folder_is_the_same_wherever_a_process_works(
    session: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Place("jobs").uri == str(tmp_path / "jobs")
    assert Cluster(session, "jobs/").shards == str(tmp_path / "jobs")
    assert Place("az://jobs").uri == "az://jobs"


def test_a_place_travels(place: Place) -> None:
    place.try_out()
    place.write("a", b"one")
    assert pickle.loads(pickle.dumps(place)).read("a") == b"one"


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("nosuch://jobs", "Protocol not known"),
        ("gs://jobs", "install gcsfs"),
        ("/proc/jobs", "No such file or directory"),
    ],
)
def test_a_place_that_cannot_be_used_is_told(uri: str, reason: str) -> None:
    with pytest.raises(SparkError, match=f"{uri} cannot be used: .*{reason}"):
        Place(uri).try_out()
