"""Everything that a folder of photos may hold besides good photos."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import pytest
from tests.conftest import Run

GOOD = 6


@pytest.fixture
def bad_photos(photos: Path) -> dict[str, str]:
    """Put bad files among the good ones; file name to a part of the expected reason."""
    whole = (photos / "china.jpg").read_bytes()
    (photos / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("dear diary")
    (photos / "bomb.png").write_bytes(png_bomb(20_000, 10_000))
    (photos / "link.jpg").symlink_to(photos / "nowhere.jpg")
    (photos / "loop.jpg").symlink_to(photos / "loop.jpg")
    (photos / "odd\nname 🐈.jpg").write_bytes(b"\xff\xd8\xff junk")
    os.mkfifo(photos / "pipe.jpg")
    return {
        "truncated.jpg": "truncated",
        "empty.jpg": "empty",
        "text.jpg": "it is text",
        "bomb.png": "too large to unpack safely: Image size (200000000 pixels)",
        "link.jpg": "vanished",
        "loop.jpg": "symbolic links",
        "odd%0Aname%20%F0%9F%90%88.jpg": "not a picture",
        "pipe.jpg": "not a regular file",
    }


def png_bomb(width: int, height: int) -> bytes:
    """A small, valid PNG that unpacks to `width` x `height` black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + width * 3)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def failures(wordsight: Run) -> dict[str, str]:
    rows = json.loads(wordsight("status", "--json").stdout)["failures"]
    return {row["uri"].rsplit("/", 1)[1]: row["reason"] for row in rows}


def test_good_photos_are_searchable_and_bad_ones_listed(
    wordsight: Run, photos: Path, bad_photos: dict[str, str]
) -> None:
    report = json.loads(wordsight("index", "--json", photos).stdout)
    assert (report["described"], report["failed"]) == (GOOD, len(bad_photos))
    listed = failures(wordsight)
    assert listed.keys() == bad_photos.keys()
    for name, reason in bad_photos.items():
        assert reason in listed[name], name
    assert len(wordsight("search", "a cat").stdout.splitlines()) == GOOD
    shown = wordsight("status", "--failures").stdout
    assert "odd\\nname 🐈.jpg" in shown
    assert len([line for line in shown.splitlines() if line.startswith("  ")]) == len(bad_photos)


def test_bad_photos_are_not_tried_again_until_they_change(
    wordsight: Run, photos: Path, bad_photos: dict[str, str]
) -> None:
    wordsight("index", photos)
    again = json.loads(wordsight("index", "--json").stdout)
    assert (again["described"], again["failed"]) == (0, 0)
    (photos / "truncated.jpg").write_bytes((photos / "china.jpg").read_bytes() + b"trailer")
    mended = json.loads(wordsight("index", "--json").stdout)
    assert (mended["described"], mended["failed"]) == (1, 0)
    assert failures(wordsight).keys() == bad_photos.keys() - {"truncated.jpg"}
    retried = json.loads(wordsight("index", "--json", "--retry-failed").stdout)
    assert retried["failed"] == len(bad_photos) - 1


def test_a_good_photo_that_turns_bad_is_not_found_any_more(wordsight: Run, photos: Path) -> None:
    wordsight("index", photos)
    (photos / "chelsea.png").write_bytes(b"")
    wordsight("index")
    found = wordsight("search", "-p", "a cat").stdout
    assert "chelsea.png" not in found
    assert len(found.splitlines()) == GOOD - 1
    assert failures(wordsight) == {"chelsea.png": "the file is empty"}


def test_names_that_are_not_text_are_found_and_printed_as_they_are(
    wordsight: Run, photos: Path
) -> None:
    (photos / "chelsea.png").rename(photos / os.fsdecode(b"\xff\xfe\n.png"))
    wordsight("index", photos)
    assert "\\xff\\xfe\\n.png" in wordsight("search", "-n", 1, "a cat").stdout
