"""Snapshot and changes seen as one: what is new shows, what is gone does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from wordsight import Library
from wordsight.errors import LibraryError
from wordsight.indexing import IndexingJob
from wordsight.models.packaged import ModelSet


@pytest.fixture
def without_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each run were killed just before it publishes."""
    monkeypatch.setattr(IndexingJob, "publish_if_changed", lambda _: None)


def names(library: Library, query: str) -> list[str]:
    return [Path(hit.uris[0]).name for hit in library.search(query)]


def mirrored(photo: Path, target: Path) -> None:
    with Image.open(photo) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(target)


@pytest.mark.usefixtures("without_snapshots")
def test_photos_are_found_before_there_is_a_snapshot(
    library_folder: Path, models: ModelSet, photos: Path
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
        assert names(library, "a cat")[0] == "chelsea.png"
        assert len(names(library, "a cat")) == 6


def test_changes_since_the_snapshot_show_at_once(
    models: ModelSet,
    photos: Path,
    library_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
        before = library.search("a cat")
        monkeypatch.setattr(IndexingJob, "publish_if_changed", lambda _: None)
        mirrored(photos / "chelsea.png", photos / "new-cat.png")
        (photos / "coffee.png").unlink()
        shutil.move(photos / "china.jpg", photos / "moved.jpg")
        library.index()
        found = names(library, "a cat")
        assert set(found[:2]) == {"chelsea.png", "new-cat.png"}
        assert set(found) == {
            "astronaut.png",
            "chelsea.png",
            "flower.jpg",
            "moved.jpg",
            "new-cat.png",
            "rocket.jpg",
        }
        scores = {Path(hit.uris[0]).name: hit.score for hit in library.search("a cat")}
        for hit in before:  # from the snapshot or beside it, a score is the same
            name = Path(hit.uris[0]).name
            if name in scores:
                assert scores[name] == pytest.approx(hit.score, abs=1e-3)


def test_a_full_page_stays_full_when_the_best_are_gone(
    models: ModelSet, photos: Path, library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
        best = library.search("a cat", limit=3)
        monkeypatch.setattr(IndexingJob, "publish_if_changed", lambda _: None)
        for hit in best[:2]:
            (photos / Path(hit.uris[0]).name).unlink()
        library.index()
        assert len(library.search("a cat", limit=3)) == 3


def test_clustered_and_exact_search_agree(
    models: ModelSet, photos: Path, library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i, photo in enumerate(sorted(photos.iterdir())):
        with Image.open(photo) as image:
            for k in range(5):
                box = (k * 9, i * 3, image.width - k * 7, image.height - k * 5)
                image.convert("RGB").crop(box).save(photos / f"part-{i}-{k}.jpg")
    with Library(library_folder, models) as library:
        library.index([photos])
        exact = [library.search(query, limit=8) for query in ("a cat", "a cup", "red")]
    shutil.rmtree(library_folder / "snapshots")
    monkeypatch.setattr(IndexingJob, "exact_below", 1)
    with Library(library_folder, models) as library:
        library.index()
        manifest = library.status().snapshot
        assert manifest is not None
        assert manifest.nprobe > 0
        clustered = [library.search(query, limit=8) for query in ("a cat", "a cup", "red")]
    for first, second in zip(exact, clustered, strict=True):
        same = {hit.id for hit in first} & {hit.id for hit in second}
        assert len(same) >= 7


def test_a_library_of_other_models_is_refused_until_indexed_again(
    models: ModelSet, photos: Path, library_folder: Path
) -> None:
    with Library(library_folder, ModelSet(beams=1)) as library:
        library.index([photos])
    with Library(library_folder, models) as library:
        assert library.status().outdated == 6
        with pytest.raises(LibraryError, match="other models"):
            library.search("a cat")
        assert library.index().described == 6
        assert names(library, "a cat")[0] == "chelsea.png"
        assert library.status().outdated == 0


def test_a_snapshot_of_another_catalog_is_not_believed(
    models: ModelSet, photos: Path, library_folder: Path, tmp_path: Path
) -> None:
    """Ids and versions begin anew with a new catalog, so only its own id tells them apart."""
    others = tmp_path / "others"
    others.mkdir()
    for i in range(6):
        with Image.open(photos / "coffee.png") as image:
            image.crop((i, i, 300, 300)).save(others / f"{i}.png")
    with Library(library_folder, models) as library:
        library.index([others])
    for leftover in library_folder.glob("catalog.db*"):
        leftover.unlink()
    with Library(library_folder, models) as library:
        library.index([photos])
        assert library.search("a cat")[0].score > 0.2
        assert names(library, "a cat")[0] == "chelsea.png"


def test_after_an_upgrade_what_is_described_again_is_found_already(
    models: ModelSet, photos: Path, library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(library_folder, ModelSet(beams=1)) as library:
        library.index([photos])
    monkeypatch.setattr(IndexingJob, "publish_if_changed", lambda _: None)
    for photo in photos.iterdir():
        if photo.name != "chelsea.png":
            photo.write_bytes(b"")  # will fail, and so stay undescribed by the new models
    with Library(library_folder, models) as library:
        library.index()
        assert names(library, "a cat") == ["chelsea.png"]


def test_a_damaged_snapshot_says_what_to_do_and_is_replaced(
    models: ModelSet, photos: Path, library_folder: Path
) -> None:
    with Library(library_folder, models) as library:
        library.index([photos])
    (library_folder / "snapshots" / "000001" / "fused.npy").write_bytes(b"junk")
    with Library(library_folder, models) as library:
        with pytest.raises(LibraryError, match="run `wordsight index`"):
            library.search("a cat")
        library.index()
        assert names(library, "a cat")[0] == "chelsea.png"
