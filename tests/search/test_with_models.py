"""Real photos and real models: what the tests with fake ones show is true of them as well."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from wordsight import Library
from wordsight.errors import LibraryError
from wordsight.indexing import IndexingJob
from wordsight.models.packaged import ModelSet
from wordsight.publishing import Publisher
from wordsight.search.results import Hit


def names(library: Library, query: str) -> list[str]:
    return [Path(hit.uris[0]).name for hit in library.search(query)]


def publish_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each run were killed just before it publishes."""
    monkeypatch.setattr(Publisher, "publish_if_due", lambda *_a, **_k: None)


def test_changes_since_the_snapshot_show_at_once(
    models: ModelSet, photos: Path, library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(photos / "astronaut.png", photos.parent)
    for name in ("flower.jpg", "rocket.jpg"):
        (photos / name).unlink()
    with Library(library_folder, models) as library:
        library.index([photos])
        before = {hit.sha256: hit.score for hit in library.search("a cat")}
        publish_nothing(monkeypatch)
        shutil.move(photos.parent / "astronaut.png", photos)
        (photos / "coffee.png").unlink()
        shutil.move(photos / "china.jpg", photos / "moved.jpg")
        library.index()
        assert names(library, "a cat")[0] == "chelsea.png"
        assert set(names(library, "a cat")) == {"astronaut.png", "chelsea.png", "moved.jpg"}
        after = {hit.sha256: hit.score for hit in library.search("a cat")}
        for sha256 in before.keys() & after.keys():
            assert after[sha256] == pytest.approx(before[sha256], abs=1e-3)
        assert library.status().snapshot_name == "000001"
        assert library.status().changed == 3


def best(library: Library, query: str) -> list[Hit]:
    """Crops of the same photo one by one."""
    return library.find(query, limit=8, collapses=False).hits


@pytest.mark.slow
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
        exact = [best(library, query) for query in ("a cat", "a cup", "red")]
    shutil.rmtree(library_folder / "snapshots")
    monkeypatch.setattr(IndexingJob, "exact_below", 1)
    with Library(library_folder, models) as library:
        library.index()
        manifest = library.status().snapshot
        assert manifest is not None
        assert manifest.probing is not None
        clustered = [best(library, query) for query in ("a cat", "a cup", "red")]
    for first, second in zip(exact, clustered, strict=True):
        same = {hit.id for hit in first} & {hit.id for hit in second}
        assert len(same) >= 7


@pytest.mark.slow
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


@pytest.mark.slow
def test_after_an_upgrade_what_is_described_again_is_found_already(
    models: ModelSet, photos: Path, library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(library_folder, ModelSet(beams=1)) as library:
        library.index([photos])
    publish_nothing(monkeypatch)
    for photo in photos.iterdir():
        if photo.name != "chelsea.png":
            photo.write_bytes(b"")  # will fail, and so stay undescribed by the new models
    with Library(library_folder, models) as library:
        library.index()
        assert names(library, "a cat") == ["chelsea.png"]
