"""What pictures of every kind look like once decoded."""

from __future__ import annotations

import io
import struct
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from wordsight.photos.decode import decode, thumbnail

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30)
CORNERS = [RED, GREEN, BLUE, YELLOW]  # top left, top right, bottom left, bottom right
WIDTH, HEIGHT = 96, 64

ORIENTATION = 0x0112
DATE_TIME = 0x0132
EXIF_IFD = 0x8769
DATE_TIME_ORIGINAL = 0x9003

STORED_SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""Which sides of the scene the first row and the first column show, as EXIF defines it."""

Pixels = npt.NDArray[np.uint8]


def scene() -> Pixels:
    """Four quarters of different colours, wider than high: no turn or flip looks the same."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for i, colour in enumerate(CORNERS):
        rows = slice(None, HEIGHT // 2) if i < 2 else slice(HEIGHT // 2, None)
        columns = slice(None, WIDTH // 2) if i % 2 == 0 else slice(WIDTH // 2, None)
        pixels[rows, columns] = colour
    return pixels


def as_stored(upright: Pixels, orientation: int) -> Pixels:
    first_row, first_column = STORED_SIDES[orientation]
    stored = upright.swapaxes(0, 1) if first_row in {"left", "right"} else upright
    stored = stored[::-1] if first_row in {"bottom", "right"} else stored
    stored = stored[:, ::-1] if first_column in {"bottom", "right"} else stored
    return np.ascontiguousarray(stored)


def encoded(pixels: Pixels | Image.Image, file_format: str, **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def exif_of(tags: dict[int, object], original: str | None = None) -> Image.Exif:
    exif = Image.Exif()
    exif.update(tags)
    if original is not None:
        exif.get_ifd(EXIF_IFD)[DATE_TIME_ORIGINAL] = original
    return exif


def assert_corners(pixels: Pixels, tolerance: int = 12) -> None:
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    seen = np.array([pixels[place] for place in places], int)
    assert np.abs(seen - CORNERS).max() <= tolerance, seen


@pytest.mark.parametrize("orientation", STORED_SIDES)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_sideways_phone_photo_is_turned_upright(file_format: str, orientation: int) -> None:
    data = encoded(
        as_stored(scene(), orientation),
        file_format,
        exif=exif_of({ORIENTATION: orientation}),
        quality=95,
    )
    photo = decode(data, 32)
    assert_corners(photo.pixels)
    assert (photo.width, photo.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("orientation", STORED_SIDES)
@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_a_thumbnail_is_upright_and_keeps_its_shape(file_format: str, orientation: int) -> None:
    stored = as_stored(scene(), orientation)
    data = encoded(stored, file_format, exif=exif_of({ORIENTATION: orientation}), quality=95)
    with Image.open(io.BytesIO(thumbnail(data, 48))) as small:
        assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (48, 32))
        assert ORIENTATION not in small.getexif()  # or a browser would turn it again
        assert_corners(np.asarray(small), tolerance=30)


def test_a_thumbnail_of_a_small_picture_is_not_enlarged() -> None:
    with Image.open(io.BytesIO(thumbnail(encoded(scene(), "PNG"), 480))) as small:
        assert small.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("file_format", "tolerance"),
    [("JPEG", 12), ("PNG", 2), ("WEBP", 30), ("GIF", 2), ("BMP", 2), ("TIFF", 2)],
)
def test_every_format_is_decoded(file_format: str, tolerance: int) -> None:
    photo = decode(encoded(scene(), file_format), 40)
    assert photo.pixels.shape == (40, 40, 3)
    assert photo.pixels.dtype == np.uint8
    assert_corners(photo.pixels, tolerance)
    assert (photo.width, photo.height, photo.format) == (WIDTH, HEIGHT, file_format)


@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "PNG", "WEBP"])
def test_of_an_animation_the_first_picture_counts(file_format: str) -> None:
    black = Image.new("RGB", (WIDTH, HEIGHT))
    data = encoded(scene(), file_format, save_all=True, append_images=[black])
    assert_corners(decode(data, 32).pixels, tolerance=30)


def test_a_jpeg_that_carries_a_second_picture_is_a_jpeg() -> None:
    black = Image.new("RGB", (WIDTH, HEIGHT))
    photo = decode(encoded(scene(), "MPO", save_all=True, append_images=[black]), 32)
    assert_corners(photo.pixels)
    assert (photo.width, photo.height, photo.format) == (WIDTH, HEIGHT, "JPEG")


def test_16_bit_greys_are_scaled_down_not_cut_off() -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16)[None].repeat(64, axis=0)
    pixels = decode(encoded(Image.fromarray(ramp), "PNG"), 64).pixels.astype(int)
    assert np.abs(pixels[32] - np.linspace(0, 255, 64)[:, None]).max() <= 2


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (10, 0, 20, 20))
    if mode == "P":
        palette = Image.new("P", (20, 20), 0)
        palette.putpalette([0, 0, 0, 0, 0, 0])
        palette.paste(1, (10, 0, 20, 20))
        data = encoded(palette, "PNG", transparency=bytes([0, 255]))
    else:
        data = encoded(image.convert(mode), "PNG")
    pixels = decode(data, 20).pixels
    assert pixels[10, 4].tolist() == [255, 255, 255]
    assert pixels[10, 16].tolist() == [0, 0, 0]


def test_a_printers_cmyk_jpeg_keeps_its_colour() -> None:
    red = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    assert np.abs(decode(encoded(red, "JPEG"), 8).pixels.astype(int) - (255, 0, 0)).max() < 12


def test_a_black_and_white_scan_is_decoded() -> None:
    scan = Image.new("1", (32, 32), 1)
    scan.paste(0, (0, 0, 16, 32))
    pixels = decode(encoded(scan, "PNG"), 32).pixels
    assert (pixels[:, :12] == 0).all()
    assert (pixels[:, 20:] == 255).all()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_capture_time_is_read(file_format: str) -> None:
    exif = exif_of({DATE_TIME: "2021:01:01 00:00:00"}, original="2019:07:14 18:03:59")
    photo = decode(encoded(scene(), file_format, exif=exif), 8)
    assert photo.metadata.taken_at == datetime(2019, 7, 14, 18, 3, 59)


def test_a_photo_without_an_original_time_is_dated_by_its_file_time() -> None:
    exif = exif_of({DATE_TIME: "2021:01:02 03:04:05"})
    assert decode(encoded(scene(), "JPEG", exif=exif), 8).metadata.taken_at == datetime(
        2021, 1, 2, 3, 4, 5
    )


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "2019:13:45 99:00:00", "yesterday", " "])
def test_a_nonsense_date_is_no_date(text: str) -> None:
    exif = exif_of({}, original=text)
    assert decode(encoded(scene(), "JPEG", exif=exif), 8).metadata.taken_at is None


def test_damaged_exif_does_not_cost_the_photo() -> None:
    data = encoded(scene(), "JPEG")
    block = b"Exif\0\0II*\0\x08\0\0\0\x05\0" + b"\xff" * 20
    marked = data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]
    photo = decode(marked, 32)
    assert_corners(photo.pixels)
    assert photo.metadata.taken_at is None
