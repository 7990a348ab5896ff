"""Putting folders into blob storage, and into what fsspec opens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from azure.storage.blob import ContainerClient
from tests.conftest import SAMPLES, Run

from wordsight.photos.places import name_of, open_source, read_photo
from wordsight.photos.upload import upload


@pytest.fixture(params=["azure", "memory"])
def target(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "azure":
        container: ContainerClient = request.getfixturevalue("container")
        yield f"az://{container.container_name}/in here"
    else:
        yield "memory://uploads/in here"
        fsspec.filesystem("memory").rm("/uploads", recursive=True)


def stored(target: str) -> dict[str, bytes]:
    return {name_of(file.uri): read_photo(file.uri) for file in open_source(target).list()}


def test_all_photos_arrive_and_are_sent_once(target: str, photos: Path) -> None:
    (photos / "below").mkdir()
    (photos / "below/ä %20.jpg").write_bytes((photos / "china.jpg").read_bytes() + b"\0")
    (photos / "notes.txt").write_text("not a photo")
    report = upload(photos, target)
    assert (report.uploaded, report.present, report.failed) == (len(SAMPLES) + 1, 0, {})
    assert report.bytes == sum(p.stat().st_size for p in photos.rglob("*.[jp]*g"))
    assert stored(target) == {p.name: p.read_bytes() for p in photos.rglob("*.[jp]*g")}

    (photos / "china.jpg").write_bytes(
        b"as long as it was".ljust((photos / "china.jpg").stat().st_size)
    )
    (photos / "new.jpg").write_bytes(b"new")
    again = upload(photos, target)
    assert (again.uploaded, again.present) == (2, len(SAMPLES))
    assert stored(target)["china.jpg"].startswith(b"as long")


def test_a_file_that_cannot_be_sent_is_told_and_the_others_go(target: str, photos: Path) -> None:
    (photos / "gone.jpg").symlink_to("nowhere")
    (photos / os.fsdecode(b"\xff.jpg")).write_bytes(b"pixels")
    report = upload(photos, target)
    assert report.uploaded == len(SAMPLES)
    assert sorted(report.failed.values()) == [
        "its name is not text, as a store wants it",
        "the file vanished before it was read",
    ]


def test_blobs_have_types_and_checksums(container: ContainerClient, photos: Path) -> None:
    upload(photos, f"az://{container.container_name}")
    blobs = {blob.name: blob.content_settings for blob in container.list_blobs()}
    assert blobs["chelsea.png"].content_type == "image/png"
    assert blobs["china.jpg"].content_type == "image/jpeg"
    assert all(settings.content_md5 for settings in blobs.values())


def test_the_command_makes_the_container_and_reports(
    container: ContainerClient, photos: Path, wordsight: Run
) -> None:
    name = f"new-{container.container_name}"
    run = wordsight("upload", photos, f"az://{name}/2024", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["uploaded"] == len(SAMPLES)
    again = wordsight("upload", photos, f"az://{name}/2024")
    assert f"{len(SAMPLES)} there already" in again.stdout
    assert wordsight("index", f"az://{name}").returncode == 0
    (photos / "gone.jpg").symlink_to("nowhere")
    run = wordsight("upload", photos, f"az://{name}/2024")
    assert run.returncode == 1
    assert "gone.jpg: the file vanished" in run.stderr


@pytest.mark.parametrize(
    ("folder", "target", "said"),
    [
        ("photos", "elsewhere", "not in a store"),
        ("missing", "memory://x", "there is no folder"),
        ("photos", "az://photos?sig=secret", "takes no signature"),
    ],
)
def test_wrong_arguments_end_in_one_line(
    wordsight: Run, photos: Path, folder: str, target: str, said: str
) -> None:
    run = wordsight("upload", photos.parent / folder, target)
    assert run.returncode in {1, 2}
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert "secret" not in run.stderr
