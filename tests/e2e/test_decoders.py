"""Photos whose decoder comes with an extra: told, left out, and taken in when it is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import Run
from tests.photos.dng import dng
from tests.photos.test_decode import encoded

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.photos import heif


@pytest.fixture
def phone(tmp_path: Path, sample_photos: Path) -> Path:
    """A folder with a HEIC and a DNG of two sample photos."""
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    folder = tmp_path / "phone"
    folder.mkdir()
    with Image.open(sample_photos / "china.jpg") as image:
        image.save(folder / "china.heic", "HEIF", quality=80)
    with Image.open(sample_photos / "flower.jpg") as image:
        (folder / "flower.DNG").write_bytes(dng(encoded(image, "JPEG"), (1280, 854)))
    return folder


def test_photos_wait_for_their_decoders(
    phone: Path, library_folder: Path, models: ModelSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    heif._register.cache_clear()
    for module in ("pillow_heif", "rawpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with Library(library_folder, models) as library:
        assert library.index([phone]).failed == 2
        assert [failure.stage for failure in library.status().failures] == [
            "needs heic",
            "needs raw",
        ]
        assert library.index().failed == 0  # not tried again in vain
        monkeypatch.undo()
        report = library.index()
        assert (report.described, report.failed, library.status().failures) == (2, 0, ())


def test_phone_and_camera_photos_are_found_shown_and_served(phone: Path, wordsight: Run) -> None:
    assert wordsight("index", phone).returncode == 0
    (first, *_) = json.loads(wordsight("search", "--json", "a flower").stdout)
    assert (Path(first["uris"][0]).name, first["width"], first["height"]) == (
        "flower.DNG",
        1280,
        854,
    )
    assert wordsight("caption", phone / "china.heic").stdout.strip()
