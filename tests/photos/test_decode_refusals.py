"""What is refused, why, and that nothing else ever escapes."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wordsight.errors import PhotoError
from wordsight.photos.decode import decode, thumbnail

Read = Callable[..., object]


def jpeg(width: int, height: int, **options: object) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (height // 8 + 1, width // 8 + 1, 3))
    image = Image.fromarray(noise.astype(np.uint8)).resize((width, height))
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of under 100 bytes whose header tells of a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def jpeg_with_a_scan_for_each_colour(width: int, height: int) -> bytes:
    """Not progressive, yet a decoder has to hold all of it until its last scan."""
    whole = jpeg(width, height, subsampling=0)
    scan = whole.index(b"\xff\xda")
    first = scan + 2 + struct.unpack(">H", whole[scan + 2 : scan + 4])[0]
    only_luma = struct.pack(">HB2sBBB", 8, 1, whole[scan + 5 : scan + 7], 0, 63, 0)
    return whole[: scan + 2] + only_luma + whole[first:]


def grey_jpeg_of_200_megapixels() -> bytes:
    """A real baseline JPEG, as large phones take, made without its pixels in memory."""
    out = io.BytesIO()
    Image.new("L", (32, 8), 128).save(out, "JPEG")
    small = out.getvalue()
    frame = small.index(b"\xff\xc0")
    scan = small.index(b"\xff\xda")
    first = scan + 2 + struct.unpack(">H", small[scan + 2 : scan + 4])[0]
    four_blocks = small[first:-2]  # flat blocks are coded alike, so they can be repeated
    size = struct.pack(">HH", 12240, 16320)
    head = small[: frame + 5] + size + small[frame + 9 : first]
    return head + four_blocks * (12240 * 16320 // 64 // 4) + b"\xff\xd9"


GOOD = jpeg(48, 40)


@pytest.mark.parametrize("read", [decode, thumbnail])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>Not found</html>", "it is text"),
        ("é".encode() * 5000, "it is text"),
        (b"x" + "é".encode() * 5000, "it is text"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\xff\x00" * 200, "not a picture|damaged"),
        (b"\x7fELF\x02\xff\xfe" + bytes(500), "not a picture in a supported format"),
        (GOOD[: len(GOOD) // 2], "damaged picture"),
        (GOOD[:200], "damaged picture"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDR" + bytes(9), "damaged picture"),
    ],
    ids=["empty", "html", "accents", "accents-odd", "heic", "binary", "half", "header", "png"],
)
def test_what_is_no_picture_is_refused_with_its_reason(
    read: Read, data: bytes, reason: str
) -> None:
    with pytest.raises(PhotoError, match=reason) as caught:
        read(data, 16)
    assert caught.value.stage == "decode"
    assert "\n" not in caught.value.reason


def test_a_file_of_zeros_is_not_called_text() -> None:
    with pytest.raises(PhotoError) as caught:  # what a broken disk or copy leaves behind
        decode(bytes(4096), 16)
    assert "text" not in caught.value.reason


@pytest.mark.parametrize("read", [decode, thumbnail])
def test_a_bomb_is_refused_at_its_header(read: Read) -> None:
    started = time.monotonic()
    with pytest.raises(PhotoError, match=r"too large|megapixels"):
        read(png_claiming(20_000, 10_000), 16)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("read", [decode, thumbnail])
def test_a_picture_over_the_limit_is_refused_before_it_is_unpacked(read: Read) -> None:
    # Unpacking would fail on the missing pixels, so the reason tells which came first.
    with pytest.raises(PhotoError, match=r"1200 x 1000 .* over the limit"):
        read(png_claiming(1200, 1000), 16, max_megapixels=1)


def test_a_large_baseline_jpeg_is_decoded_at_a_reduced_scale() -> None:
    photo = decode(jpeg(800, 640), 64, max_megapixels=0.1)
    assert (photo.width, photo.height) == (800, 640)
    assert photo.pixels.shape == (64, 64, 3)


@pytest.mark.parametrize("read", [decode, thumbnail])
@pytest.mark.parametrize("size", [(800, 640), (805, 643)])
def test_a_progressive_jpeg_counts_at_its_full_size(read: Read, size: tuple[int, int]) -> None:
    data = jpeg(*size, progressive=True)
    with pytest.raises(PhotoError, match=f"{size[0]} x {size[1]} is"):
        read(data, 64, max_megapixels=0.1)
    assert read(data, 64, max_megapixels=0.6)


@pytest.mark.parametrize("read", [decode, thumbnail])
def test_a_jpeg_in_several_scans_counts_at_its_full_size(read: Read) -> None:
    # A few hundred bytes of such a JPEG may claim gigabytes.
    with pytest.raises(PhotoError, match="800 x 640 is"):
        read(jpeg_with_a_scan_for_each_colour(800, 640), 64, max_megapixels=0.1)


def test_a_progressive_jpeg_just_within_the_limit_is_accepted() -> None:
    width, height = 1001, 1003
    data = jpeg(width, height, progressive=True)
    assert decode(data, 64, max_megapixels=width * height / 1e6).width == width


def test_a_photo_of_a_200_megapixel_phone_is_decoded() -> None:
    photo = decode(grey_jpeg_of_200_megapixels(), 32)
    assert (photo.width, photo.height) == (16320, 12240)
    assert np.abs(photo.pixels.astype(int) - 128).max() <= 1


def assert_decoded_or_refused(data: bytes) -> None:
    with suppress(PhotoError):
        pixels = decode(data, 16).pixels
        assert pixels.shape == (16, 16, 3)
        assert pixels.dtype == np.uint8
    with suppress(PhotoError):
        assert thumbnail(data, 16).startswith(b"\xff\xd8")


MAGIC = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*"]


@given(st.sampled_from([*MAGIC, b"RIFF\x40\0\0\0WEBPVP8 "]), st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_arbitrary_bytes_never_raise_anything_else(magic: bytes, rest: bytes) -> None:
    assert_decoded_or_refused(magic + rest)


def samples() -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2019:07:14 18:03:59"
    pictures = [jpeg(24, 20, exif=exif), jpeg(24, 20, progressive=True)]
    for file_format in ("PNG", "WEBP", "GIF", "BMP", "TIFF"):
        out = io.BytesIO()
        Image.linear_gradient("L").resize((24, 20)).save(out, file_format)
        pictures.append(out.getvalue())
    return pictures


@given(
    st.sampled_from(samples()),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    st.floats(0.05, 1),
)
@settings(max_examples=400, deadline=None)
def test_damage_never_raises_anything_else(
    good: bytes, flips: list[tuple[float, int]], kept: float
) -> None:
    data = bytearray(good)
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    assert_decoded_or_refused(bytes(data[: int(len(data) * kept)]))
