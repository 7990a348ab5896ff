"""HEIC, AVIF and camera RAW; deep, printed and wide-gamut colours."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from tests.photos.dng import dng
from tests.photos.test_decode import as_stored, assert_corners, encoded, scene
from tests.photos.test_metadata import OF_EXIF, camera_exif

from wordsight.errors import PhotoError
from wordsight.photos import heif
from wordsight.photos.decode import decode, read_metadata, thumbnail
from wordsight.photos.formats import PILLOW_FORMATS, installed_decoders
from wordsight.photos.raw import is_raw

ORIENTATION = 0x0112
RED = (220, 30, 30)


@pytest.fixture(autouse=True)
def heif_writer() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)


def heic(image: Image.Image | np.ndarray, **options: object) -> bytes:
    return encoded(image, "HEIF", quality=90, **options)


@pytest.mark.parametrize("file_format", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_phones_photo_is_upright_with_its_metadata(file_format: str, orientation: int) -> None:
    """In a HEIC the container's turn counts, and EXIF's is a remark about it: these have none.
    Pillow writes EXIF's into the container of an AVIF."""
    exif = camera_exif()
    exif[ORIENTATION] = orientation
    pixels = as_stored(scene(), orientation) if file_format == "AVIF" else scene()
    data = encoded(pixels, file_format, quality=90, exif=exif)
    photo = decode(data, 32)
    assert_corners(photo.pixels, 40)
    assert (photo.width, photo.height, photo.format) == (96, 64, file_format)
    assert photo.metadata == read_metadata(data) == OF_EXIF
    with Image.open(io.BytesIO(thumbnail(data, 48))) as small:
        assert (small.format, small.size) == ("JPEG", (48, 32))


def test_of_several_pictures_in_a_heic_the_main_one_counts() -> None:
    import pillow_heif

    pictures = pillow_heif.HeifFile()
    pictures.add_from_pillow(Image.new("RGB", (96, 64)))
    pictures.add_from_pillow(Image.fromarray(scene()))
    out = io.BytesIO()
    pictures.save(out, quality=90, primary_index=1)
    assert_corners(decode(out.getvalue(), 32).pixels, 40)


def test_a_heic_over_the_limit_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(PhotoError, match=r"640 x 640 is .* over the limit"):
        decode(heic(Image.new("RGB", (640, 640))), 16, max_megapixels=0.2)


def test_the_brands_of_a_container_tell_what_it_is() -> None:
    def box(*brands: bytes) -> bytes:
        return (
            struct.pack(">I", 12 + 4 * len(brands))
            + b"ftyp"
            + brands[0]
            + bytes(4)
            + b"".join(brands[1:])
        )

    assert heif.is_heif(box(b"heic", b"mif1"))
    assert heif.is_heif(box(b"mif1", b"heic"))
    assert not heif.is_heif(box(b"mif1", b"avif"))
    assert not heif.is_heif(box(b"isom", b"mp42"))
    assert not heif.is_heif(encoded(scene(), "AVIF"))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_of_a_raw_photo_the_preview_counts_and_the_sensors_size(orientation: int) -> None:
    stored = as_stored(scene(), orientation)
    size = (stored.shape[1] * 2, stored.shape[0] * 2)
    photo = decode(dng(encoded(stored, "JPEG"), size, orientation), 32)
    assert_corners(photo.pixels, 30)
    assert (photo.width, photo.height, photo.format) == (192, 128, "RAW")
    assert (photo.metadata.make, photo.metadata.model) == ("Acme", "Model 1")
    assert photo.metadata.taken_at is not None


def test_a_raw_photo_without_a_preview_says_what_to_do() -> None:
    with pytest.raises(PhotoError, match="no preview; export it as JPEG"):
        decode(dng(None), 16)


def test_a_preview_is_limited_as_any_picture() -> None:
    preview = encoded(Image.new("RGB", (640, 640)), "JPEG", progressive=True)
    with pytest.raises(PhotoError, match="640 x 640 is"):
        decode(dng(preview), 16, max_megapixels=0.2)


def test_a_tiff_is_not_taken_for_raw() -> None:
    assert not is_raw(encoded(scene(), "TIFF", exif=camera_exif()))
    assert is_raw(dng(None))


@pytest.mark.parametrize(("extra", "module"), [("heic", "pillow_heif"), ("raw", "rawpy")])
def test_without_its_decoder_the_reason_names_the_extra(
    extra: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"heic": heic(scene()), "raw": dng(encoded(scene(), "JPEG"))}[extra]
    heif._register.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PhotoError, match=rf"pip install 'wordsight\[{extra}\]'") as caught:
        decode(data, 16)
    assert caught.value.stage == f"needs {extra}"
    monkeypatch.undo()
    assert decode(data, 16)
    assert extra in installed_decoders()


@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    st.floats(0.05, 1),
)
@settings(max_examples=80, deadline=None)
def test_damage_never_raises_anything_else(
    raw: bool, flips: list[tuple[float, int]], kept: float
) -> None:
    good = dng(encoded(scene(), "JPEG"), (16, 16)) if raw else heic(scene())
    data = bytearray(good[: max(1, int(kept * len(good)))])
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    with suppress(PhotoError):
        assert decode(bytes(data), 16).pixels.shape == (16, 16, 3)


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 1e7])
def test_floating_greys_keep_their_tones_whatever_their_range(top: float) -> None:
    ramp = np.linspace(0, top, 64, dtype=np.float32)[None].repeat(64, axis=0)
    ramp[0, 0] = np.nan
    pixels = decode(encoded(Image.fromarray(ramp), "TIFF"), 64).pixels.astype(int)
    assert np.abs(pixels[32] - np.linspace(0, 255, 64)[:, None]).max() <= 2


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_a_dark_16_bit_picture_stays_dark(file_format: str) -> None:
    dark = Image.fromarray(np.full((16, 16), 200, np.uint16))
    assert decode(encoded(dark, file_format), 8).pixels.max() <= 1


def test_16_bit_colours_are_scaled_down() -> None:
    """Of a PNG made by hand: Pillow writes none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    row = b"\0" + struct.pack(">3H", 220 * 257, 30 * 257, 30 * 257) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 8)) + chunk(b"IEND", b"")
    assert decode(b"\x89PNG\r\n\x1a\n" + body, 8).pixels[4, 4].tolist() == list(RED)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_ink_is_right_side_up_in_jpeg_and_tiff(file_format: str) -> None:
    ink = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    pixels = decode(encoded(ink, file_format), 8).pixels.astype(int)
    assert np.abs(pixels - (255, 0, 0)).max() < 12


def wide_gamut() -> bytes:
    """An ICC profile of Display P3's primaries, made by hand: Pillow makes sRGB alone."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    matrix = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for i in range(int.from_bytes(srgb[128:132])):
        row = 132 + 12 * i
        name, at = bytes(srgb[row : row + 4]), int.from_bytes(srgb[row + 4 : row + 8])
        if name in matrix:
            values = [round(value * 65536) for value in matrix[name]]
            srgb[at + 8 : at + 20] = struct.pack(">3i", *values)
    return bytes(srgb).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGBA"), ("HEIF", "RGB")],
)
def test_wide_colours_are_brought_into_srgb(file_format: str, mode: str) -> None:
    image = Image.new("RGB", (64, 64), (200, 100, 100)).convert(mode)
    plain = decode(encoded(image, file_format), 8).pixels[4, 4].astype(int)
    data = encoded(image, file_format, icc_profile=wide_gamut())
    seen = decode(data, 8).pixels[4, 4].astype(int)
    expected = np.array([214, 94, 97])  # by the matrices of both spaces
    assert np.abs(seen - expected).max() <= 6, (plain, seen)
    with Image.open(io.BytesIO(thumbnail(data, 32))) as small:
        assert "icc_profile" not in small.info
        assert np.abs(np.array(small.getpixel((9, 9))) - expected).max() <= 6


@pytest.mark.parametrize("profile", [b"x", b"\0" * 5000, wide_gamut()[:200]])
def test_a_damaged_profile_is_no_profile(profile: bytes) -> None:
    image = Image.new("RGB", (16, 16), RED)
    pixels = decode(encoded(image, "PNG", icc_profile=profile), 8).pixels
    assert pixels[4, 4].tolist() == list(RED)


def test_avif_needs_no_extra() -> None:
    assert "AVIF" in PILLOW_FORMATS
    assert_corners(decode(encoded(scene(), "AVIF", quality=90), 32).pixels, 40)


def test_a_scan_in_lab_is_decoded() -> None:
    lab = Image.new("LAB", (16, 16), (136, 208, 195))  # L 53, a 80, b 67, signed: red
    seen = decode(encoded(lab, "TIFF"), 8).pixels[4, 4].astype(int)
    assert seen[0] - seen[1:].max() > 150, seen
