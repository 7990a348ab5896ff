"""Libraries of photos in S3, with a server that speaks its protocol."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs
from moto.server import ThreadedMotoServer
from tests.conftest import SAMPLES

from wordsight import Library
from wordsight.errors import SourceError
from wordsight.models.packaged import ModelSet
from wordsight.photos.stores.source import store_of

SECRET = "of-nobody-else-0123456789"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def holiday(
    address: str, sample_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URI of a prefix with the sample photos, which the environment gives access to."""
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"photos-{tmp_path.name.strip('_')[-20:].replace('_', '-').lower()}"
    system = s3fs.S3FileSystem(skip_instance_cache=True)
    system.mkdir(bucket)
    for path in sample_photos.iterdir():
        system.pipe_file(f"{bucket}/holiday/{path.name}", path.read_bytes())
    yield f"s3://{bucket}/holiday"
    store_of.cache_clear()
    s3fs.S3FileSystem.clear_instance_cache()


def test_photos_are_described_found_and_opened_by_a_signed_address(
    holiday: str, tmp_path: Path, models: ModelSet, sample_photos: Path
) -> None:
    with Library(tmp_path / "library", models) as library:
        report = library.index([holiday])
        assert (report.described, report.failed) == (len(SAMPLES), 0)
        assert library.index().described == 0
        hit = library.search("a cat", limit=1)[0]
        assert hit.uris == (f"{holiday}/chelsea.png",)
        url = library.pictures.url(hit)
        assert url is not None
        assert SECRET not in url
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == (sample_photos / "chelsea.png").read_bytes()
    for path in (tmp_path / "library").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


def test_what_changes_and_goes_is_followed(
    holiday: str, tmp_path: Path, models: ModelSet, sample_photos: Path
) -> None:
    system = s3fs.S3FileSystem(skip_instance_cache=True)
    with Library(tmp_path / "library", models) as library:
        library.index([holiday])
        changed = (sample_photos / "rocket.jpg").read_bytes() + b"\0"
        system.pipe_file(f"{holiday}/chelsea.png", changed)
        system.rm(f"{holiday}/flower.jpg")
        report = library.index()
        assert (report.described, report.removed) == (1, 1)


def test_a_bucket_that_is_not_there_is_told(holiday: str, tmp_path: Path, models: ModelSet) -> None:
    with Library(tmp_path / "library", models) as library, pytest.raises(SourceError):
        library.index(["s3://there-is-no-such-bucket"])
    assert holiday
