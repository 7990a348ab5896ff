"""Fetching collections from a server that fails in all the ways that servers do."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from filelock import FileLock
from tests.conftest import Run
from tests.datasets.conftest import HOST, LIST, PHOTOS
from tests.datasets.web_server import Fault, Web
from tests.stores.conftest import container, port  # noqa: F401

from wordsight.datasets import web as client
from wordsight.datasets.collections import Dataset, Remote, dataset
from wordsight.datasets.job import FetchJob, FetchReport, Progress
from wordsight.errors import DatasetError
from wordsight.photos.collection import Collection

ARCHIVE = f"{HOST}/zips/val2014.zip"
CUT = Fault(cut_after=1000)


def fetch(row: Dataset, folder: Path | str, **more: object) -> FetchReport:
    return FetchJob(row, str(folder), **more).run()  # type: ignore[arg-type]


def test_the_rows_are_of_the_original_systems_collections() -> None:
    assert dataset("coco-train2014").images == 82_783
    assert dataset("coco-test2014").images == 40_775
    assert dataset("open-images-v6").images == 41_620
    with pytest.raises(DatasetError, match="there are coco-train2014, coco-val2014"):
        dataset("coco")


def test_an_archive_is_unpacked_beside_its_captions_and_fetched_once(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    seen: list[Progress] = []
    report = fetch(coco, tmp_path / "data", watch=seen.append)
    assert (report.wanted, report.fetched, report.failed) == (len(pictures), len(pictures), {})
    assert {p.name: p.read_bytes() for p in (tmp_path / "data/val2014").iterdir()} == pictures
    assert [row.stage for row in seen][0::1][-1] == "photos"
    assert {row.stage for row in seen} == {"annotations", "archive", "photos"}
    collection = Collection(tmp_path / "data/val2014")
    assert collection.photos[0].captions[0] == "Photo 1000 once more 0."
    assert list(collection.read()) == list(pictures.values())

    asked = len(web.asked)
    again = fetch(coco, tmp_path / "data")
    assert (again.present, again.fetched, len(web.asked)) == (len(pictures), 0, asked)
    assert not list((tmp_path / "data").rglob("*.zip.part"))
    assert not (tmp_path / "data/.downloads/val2014.zip").exists()


def test_a_connection_that_breaks_goes_on_where_it_broke(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    web.faults[ARCHIVE] = [CUT] * (client.ATTEMPTS + 2)  # more comes each time, so it goes on
    assert fetch(coco, tmp_path).fetched == len(pictures)
    steps = [f"bytes={1000 * i}-" for i in range(1, client.ATTEMPTS + 3)]
    assert web.ranges_of(ARCHIVE) == ["", *steps]


def test_a_stopped_run_goes_on_where_it_stopped(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    def stop(seen: Progress) -> None:
        if seen.stage == "archive":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(coco, tmp_path, watch=stop)
    part = tmp_path / ".downloads/val2014.zip.part"
    have = part.stat().st_size
    assert have
    assert fetch(coco, tmp_path).fetched == len(pictures)
    assert web.ranges_of(ARCHIVE) == ["", f"bytes={have}-"]


def test_what_was_whole_but_not_yet_checked_is_not_fetched_again(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / ".downloads").mkdir()
    (tmp_path / ".downloads/val2014.zip.part").write_bytes(web.files[ARCHIVE])
    assert fetch(coco, tmp_path).fetched == len(pictures)
    assert web.ranges_of(ARCHIVE) == [f"bytes={len(web.files[ARCHIVE])}-"]


@pytest.mark.parametrize("rest", [b"of another file", b"x" * 10_000_000])
def test_what_lies_there_but_does_not_fit_is_fetched_anew(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path, rest: bytes
) -> None:
    (tmp_path / ".downloads").mkdir()
    (tmp_path / ".downloads/val2014.zip.part").write_bytes(rest)
    assert fetch(coco, tmp_path).fetched == len(pictures)
    assert web.ranges_of(ARCHIVE)[-1] == ""


def test_a_server_without_ranges_sends_it_all(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    web.faults[ARCHIVE] = [CUT, Fault(whole=True)]
    assert fetch(coco, tmp_path).fetched == len(pictures)


def test_a_wrong_checksum_is_fetched_again_and_never_kept(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    web.faults[ARCHIVE] = [Fault(flip=True)]
    assert fetch(coco, tmp_path / "once").fetched == len(pictures)
    assert web.ranges_of(ARCHIVE) == ["", ""]
    wrong = replace(coco, archive=Remote(f"http://{ARCHIVE}", "0" * 32))
    with pytest.raises(DatasetError, match=r"val2014.zip did not come: its checksum does not fit"):
        fetch(wrong, tmp_path / "always")
    assert not (tmp_path / "always/val2014").exists()


def test_few_photos_are_fetched_one_by_one(
    coco: Dataset, web: Web, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    some = replace(coco, images=100)
    report = fetch(some, tmp_path, limit=2)
    first = list(pictures)[:2]
    assert report.fetched == 2
    assert sorted(p.name for p in (tmp_path / "val2014").iterdir()) == first
    assert len(Collection(tmp_path / "val2014")) == 2
    assert not web.ranges_of(ARCHIVE)


def test_open_images_by_its_list_and_by_ids(
    open_images: list[str], web: Web, tmp_path: Path
) -> None:
    row = dataset("open-images-v6")
    assert fetch(row, tmp_path / "listed").fetched == len(open_images)
    assert (tmp_path / f"listed/open-images/validation/{open_images[0]}.jpg").exists()
    assert (tmp_path / "listed/annotations" / LIST.rpartition("/")[2]).exists()

    web.files[f"{PHOTOS}/train/{'a' * 16}.jpg"] = b"a photo"
    chosen = tmp_path / "chosen.txt"
    chosen.write_text(f"# mine\n{open_images[1]}\n\ntrain/{'a' * 16}\n")
    assert fetch(row, tmp_path / "chosen", ids=chosen).fetched == 2
    found = [p.name for p in (tmp_path / "chosen/open-images").rglob("*.jpg")]
    assert sorted(found) == sorted([f"{open_images[1]}.jpg", f"{'a' * 16}.jpg"])

    public = tmp_path / "test-images-with-rotation.csv"
    public.write_bytes(web.files[LIST])
    assert fetch(row, tmp_path / "public", ids=public, limit=1).fetched == 1


def test_a_photo_that_is_wrong_or_away_is_told_and_the_others_come(
    open_images: list[str], web: Web, tmp_path: Path
) -> None:
    gone, broken = (f"{PHOTOS}/validation/{i}.jpg" for i in open_images[:2])
    web.faults[gone] = [Fault(404)]
    web.faults[broken] = [Fault(flip=True)] * client.ATTEMPTS
    report = fetch(dataset("open-images-v6"), tmp_path)
    assert report.fetched == len(open_images) - 2
    gone_reason, broken_reason = (report.failed[f"validation/{i}.jpg"] for i in open_images[:2])
    assert "404" in gone_reason
    assert "checksum" in broken_reason
    assert not (tmp_path / f"open-images/validation/{open_images[1]}.jpg").exists()
    again = fetch(dataset("open-images-v6"), tmp_path)
    assert (again.fetched, again.failed) == (2, {})


@pytest.mark.parametrize(
    "fault", [Fault(503), Fault(429), Fault(500), Fault(cut_after=100), Fault(flip=True)]
)
def test_what_passes_is_waited_for(
    open_images: list[str], web: Web, tmp_path: Path, fault: Fault
) -> None:
    for name in open_images:
        web.faults[f"{PHOTOS}/validation/{name}.jpg"] = [fault] * (client.ATTEMPTS - 1)
    web.faults[LIST] = [fault]
    assert fetch(dataset("open-images-v6"), tmp_path).fetched == len(open_images)


@pytest.mark.usefixtures("open_images")
def test_when_a_server_asks_to_wait_all_connections_do(web: Web, tmp_path: Path) -> None:
    web.faults[LIST] = [Fault(429, {"Retry-After": "1"})]
    began = time.monotonic()
    fetch(dataset("open-images-v6"), tmp_path)
    assert time.monotonic() - began >= 1


@pytest.mark.usefixtures("open_images")
def test_no_more_connections_than_asked(web: Web, tmp_path: Path) -> None:
    fetch(dataset("open-images-v6"), tmp_path, connections=1)
    assert web.busiest == 1


def test_into_blob_storage(
    coco: Dataset,
    pictures: dict[str, bytes],
    container: ContainerClient,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    uri = f"az://{container.container_name}/coco"
    assert fetch(coco, uri).fetched == len(pictures)
    blobs = {blob.name: blob.content_settings for blob in container.list_blobs()}
    assert set(blobs) == {"coco/val2014.json", *(f"coco/val2014/{name}" for name in pictures)}
    assert blobs[f"coco/val2014/{next(iter(pictures))}"].content_type == "image/jpeg"
    assert fetch(coco, uri).present == len(pictures)


def test_two_runs_do_not_write_into_the_same_place(coco: Dataset, tmp_path: Path) -> None:
    (tmp_path / ".downloads").mkdir()
    with FileLock(tmp_path / ".downloads/lock"), pytest.raises(DatasetError, match="another run"):
        fetch(coco, tmp_path)


def test_the_command_fetches_and_tells(
    open_images: list[str], web: Web, tmp_path: Path, wordsight: Run
) -> None:
    run = wordsight("datasets", "get", "open-images-v6", tmp_path / "in", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["fetched"] == len(open_images)
    del web.files[f"{PHOTOS}/validation/{open_images[0]}.jpg"]
    (tmp_path / f"in/open-images/validation/{open_images[0]}.jpg").unlink()
    run = wordsight("datasets", "get", "open-images-v6", tmp_path / "in")
    assert run.returncode == 1
    assert f"{len(open_images) - 1} there already, 1 failed" in run.stdout
    assert "cannot be fetched: 404" in run.stderr
    assert "coco-val2017" in wordsight("datasets", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["coco", "in"], "there is no dataset coco"),
        (["coco-val2017", "in", "--ids", "x"], "takes no list of ids"),
        (["open-images-v6", "in", "--ids", "missing"], "cannot read the ids in missing"),
        (["open-images-v6", "az://", "-n", "1"], "names no container"),
        (["open-images-v6", "/proc/nowhere", "-n", "1"], "cannot write to /proc/nowhere"),
        (["open-images-v6", "in", "-n", "1"], "cannot be fetched: 404"),
    ],
)
@pytest.mark.usefixtures("web")  # without any file
def test_wrong_arguments_end_in_one_line(
    wordsight: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(client.__file__).parents[2]))
    run = wordsight("datasets", "get", *arguments)
    assert run.returncode == 1
    assert said in run.stderr
    assert len(run.stderr.splitlines()) == 1
