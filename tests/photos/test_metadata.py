"""What is believed of a photo's metadata, and that garbage costs nothing."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from wordsight.photos.decode import decode, read_metadata
from wordsight.photos.exif import from_exif
from wordsight.photos.folder import FolderSource, read_sidecar_file
from wordsight.photos.metadata import (
    MAX_KEYWORDS,
    MAX_TEXT,
    Metadata,
    clean_keywords,
    clean_offset,
    clean_place,
    clean_rating,
    clean_text,
    clean_time,
)
from wordsight.photos.xmp import from_xmp, with_sidecar

TAKEN = datetime(2019, 7, 14, 18, 3, 59)
PACKET = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 xmp:Rating="4" tiff:Make="Google" tiff:Model="Pixel 7" exif:GPSLatitude="48,51.5N"
 exif:DateTimeOriginal="2019-07-14T18:03:59.25+02:00">
 <aux:Lens>50 mm</aux:Lens><exif:GPSLongitude>2,17,24W</exif:GPSLongitude>
 <dc:subject><rdf:Bag><rdf:li>Plage</rdf:li><rdf:li>été</rdf:li><rdf:li>plage</rdf:li></rdf:Bag>
 </dc:subject></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
OF_PACKET = Metadata(
    TAKEN, 120, "Google", "Pixel 7", "50 mm", 48.8583333, -2.29, 4, ("Plage", "été")
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif.update({0x010F: "Google\0", 0x0110: " Pixel  7", 0x0132: "2022:01:01 00:00:00"})
    exif[0x4746], exif[0x9C9E] = 3, "Beach;sea".encode("utf-16-le")
    exif.get_ifd(0x8769).update({0x9003: "2019:07:14 18:03:59", 0x9011: "+02:00", 0xA434: "50 mm"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.5, 0.0), 3: "W", 4: (2.0, 17.0, 24.0)})
    return exif


OF_EXIF = Metadata(TAKEN, 120, "Google", "Pixel 7", "50 mm", 48.8583333, -2.29, 3, ("Beach", "sea"))


def picture(file_format: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (24, 16), (9, 99, 9)).save(out, file_format, **options)
    return out.getvalue()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_is_read_with_and_without_the_pixels(file_format: str) -> None:
    exif = camera_exif()
    for block in (0x8769, 0x8825):  # Pillow's TIFF writer takes them from here alone
        exif[block] = dict(exif.get_ifd(block))
    data = picture(file_format, exif=exif)
    assert decode(data, 8).metadata == read_metadata(data) == OF_EXIF


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "TIFF", "PNG"])
def test_xmp_inside_a_photo_is_read(file_format: str) -> None:
    if file_format == "TIFF":
        data = picture("TIFF", tiffinfo={700: PACKET.encode()})
    elif file_format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", PACKET)
        data = picture("PNG", pnginfo=info)
    else:
        data = picture(file_format, xmp=PACKET.encode())
    assert read_metadata(data) == OF_PACKET


def test_what_people_edit_comes_from_xmp_all_else_from_exif_first() -> None:
    exif = camera_exif()
    exif[0x0110] = "Pixel 6"
    data = picture(exif=exif, xmp=PACKET.encode())
    told = read_metadata(data)
    assert (told.rating, told.keywords, told.model) == (4, ("Plage", "été"), "Pixel 6")


def test_iptc_keywords_are_read() -> None:
    records = b"".join(
        b"\x1c\x02" + bytes([kind]) + len(text).to_bytes(2) + text
        for kind, text in ((25, b"harbour"), (25, "Köln".encode()), (55, b"20190714"))
    )
    resource = b"8BIM\x04\x04\0\0" + len(records).to_bytes(4) + records + b"\0" * (len(records) % 2)
    body = b"Photoshop 3.0\0" + resource
    plain = picture()
    data = plain[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2) + body + plain[2:]
    told = read_metadata(data)
    assert (told.keywords, told.taken_at) == (("harbour", "Köln"), datetime(2019, 7, 14))


def test_a_sidecar_counts_more_and_keeps_what_it_does_not_tell() -> None:
    packet = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
      xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Rating>-1</xmp:Rating></rdf:Description>
      </rdf:RDF>"""
    told = with_sidecar(OF_EXIF, packet)
    assert (told.rating, told.keywords, told.from_sidecar) == (-1, OF_EXIF.keywords, True)
    assert with_sidecar(OF_EXIF, None) is OF_EXIF


@pytest.mark.parametrize(
    "packet",
    [
        BOMB + "]><x>&i;</x>",
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        "<x>" * 200_000,
        "<x>" + " " * (5 << 20) + "</x>",
        "not xml",
        "",
        PACKET[: len(PACKET) // 2],
        '<?xml version="1.0" encoding="no-such"?><x/>',
    ],
    ids=["entities", "external", "deep", "huge", "text", "empty", "half", "encoding"],
)
def test_hostile_xmp_is_no_metadata(packet: str) -> None:
    assert from_xmp(packet) == from_xmp(packet.encode()) == Metadata()


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("2019:07:14 18:03:59", TAKEN),
        ("2019:07:14 18:03:59\0junk", TAKEN),
        ("2019-07-14T18:03:59+02:00", TAKEN),
        (b"2019:07:14 18:03:59", TAKEN),
        ("2019-07-14", datetime(2019, 7, 14)),
        ("0000:00:00 00:00:00", None),
        ("2019:02:30 00:00:00", None),
        ("1066:10:14 09:00:00", None),
        ("9999:12:31 23:59:59", None),
        ("2019:07:14 18:03:59" + "9" * 1000, None),
        (7, None),
        (None, None),
    ],
)
def test_times(value: object, seen: datetime | None) -> None:
    assert clean_time(value) == seen


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("+02:00", 120),
        ("-03:30", -210),
        ("Z", 0),
        ("18:03-08:00", -480),
        ("", None),
        ("+99:99", None),
        ("+23:00", None),
        ("nonsense", None),
        (5, None),
    ],
)
def test_offsets(value: object, seen: int | None) -> None:
    assert clean_offset(value) == seen


@pytest.mark.parametrize(
    "place",
    [(91, 0), (0, 181), (0, 0), (float("nan"), 1), (1, None), ("x", 1), (IFDRational(1, 0), 2)],
)
def test_absurd_places_are_none(place: tuple[object, object]) -> None:
    assert clean_place(*place) == (None, None)


def test_ratings_texts_and_keywords() -> None:
    given = [-1, "5", 3.0, 3.5, 99, "x", None, float("nan"), IFDRational(0, 0)]
    assert [clean_rating(value) for value in given] == [-1, 5, 3, *[None] * 6]
    assert clean_text("a\nb\x1b[31m\0c") == "a b [31m"
    assert clean_text("\ud800") == "?"
    assert clean_text(b"\xff\xfeA" * 999) is not None
    assert len(str(clean_text("x" * 10_000_000))) == MAX_TEXT
    assert clean_keywords(["B", " ", None, "b", "a"]) == ("B", "a")
    assert len(clean_keywords(str(i) for i in range(10_000))) == MAX_KEYWORDS


VALUES = st.one_of(
    st.text(max_size=30),
    st.binary(max_size=30),
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.floats(allow_nan=True)] * 3),
    st.none(),
)


@given(
    st.dictionaries(st.sampled_from([0x010F, 0x0110, 0x0132, 0x4746, 0x9C9E]), VALUES),
    st.dictionaries(st.sampled_from([0x9003, 0x9004, 0x9011, 0xA434]), VALUES),
    st.dictionaries(st.integers(0, 8), VALUES),
)
@settings(max_examples=150, deadline=None)
def test_no_exif_raises_and_all_fits_the_catalog(
    base: dict[int, object], details: dict[int, object], gps: dict[int, object]
) -> None:
    exif = Image.Exif()
    exif.update(base)
    exif.get_ifd(0x8769).update(details)
    exif.get_ifd(0x8825).update(gps)
    assert_fits(from_exif(exif))


@given(st.binary(max_size=200), st.floats(0, 1), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_damaged_xmp_raises_nothing(junk: bytes, where: float, cut: int) -> None:
    data = PACKET.encode()
    at = int(where * len(data))
    assert_fits(from_xmp(data[:at] + junk + data[at + cut :]))


def assert_fits(told: Metadata) -> None:
    texts = [told.make, told.model, told.lens, *told.keywords]
    for text in filter(None, texts):
        assert len(text) <= MAX_TEXT
        assert text.encode()
        assert text.isprintable()
    assert (told.latitude is None) == (told.longitude is None)
    assert told.rating is None or -1 <= told.rating <= 5


def test_the_sidecar_that_names_the_photo_in_full_comes_first(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(picture())
    assert read_sidecar_file(photo.as_uri()) is None
    (tmp_path / "a.xmp").write_bytes(b"short")
    assert read_sidecar_file(photo.as_uri()) == b"short"
    (tmp_path / "a.jpg.xmp").write_bytes(b"full")
    assert read_sidecar_file(photo.as_uri()) == b"full"


def test_a_sidecar_that_comes_changes_or_goes_changes_its_photo_alone(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(picture())
    seen = [_fingerprints(tmp_path)]
    for content in ("x", "xy"):
        (tmp_path / "a.XMP").write_text(content)
        seen.append(_fingerprints(tmp_path))
    (tmp_path / "a.XMP").unlink()
    seen.append(_fingerprints(tmp_path))
    assert len({of["b.jpg"] for of in seen}) == 1
    assert len({of["a.jpg"] for of in seen}) == 3
    assert seen[0] == seen[3]
    assert all(len(value) <= 80 for of in seen for value in of.values())


def _fingerprints(folder: Path) -> dict[str, str]:
    return {Path(file.uri).name: file.fingerprint for file in FolderSource(folder).list()}
