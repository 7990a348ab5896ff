"""Decoding in a process that can be killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wordsight.errors import PhotoError
from wordsight.photos.decode import decode
from wordsight.server import decoding
from wordsight.server.decoding import Decoder
from wordsight.server.settings import Decoding


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(Decoding(seconds=20))
    yield decoder
    decoder.close()


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def test_pixels_are_those_of_the_models(decoder: Decoder, sample_photos: Path) -> None:
    data = (sample_photos / "chelsea.png").read_bytes()
    assert np.array_equal(decoder.pixels(data, 224), decode(data, 224).pixels)
    with Image.open(io.BytesIO(decoder.thumbnail(data, 100))) as small:
        assert max(small.size) == 100


def test_too_many_pixels_are_refused(sample_photos: Path) -> None:
    decoder = Decoder(Decoding(megapixels=0.1))
    with pytest.raises(PhotoError, match="megapixels"):
        decoder.pixels((sample_photos / "chelsea.png").read_bytes(), 224)
    assert decoder.pixels(png(100, 100), 8).shape == (8, 8, 3)  # the process lives on
    decoder.close()


def test_what_is_no_photo_is_said_to_be_none(decoder: Decoder) -> None:
    for data in (b"", b"hello", b"\xff\xd8\xff" + b"\0" * 100):
        with pytest.raises(PhotoError):
            decoder.pixels(data, 224)


def test_a_process_that_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(Decoding(seconds=0.5))
    begin = subprocess.Popen

    def sleepy(_command: list[str], **options: object) -> subprocess.Popen[bytes]:
        return begin([sys.executable, "-c", "import time; time.sleep(60)"], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(decoding.subprocess, "Popen", sleepy)
    started = time.monotonic()
    with pytest.raises(PhotoError, match="too long"):
        decoder.pixels(png(8, 8), 8)
    assert time.monotonic() - started < 10
    assert decoder._process is None
    monkeypatch.undo()
    decoder.close()


def test_memory_is_limited() -> None:
    photo = png(6000, 6000)
    decoder = Decoder(Decoding(megapixels=1000, megabytes=200, seconds=60))
    with pytest.raises(PhotoError, match="not enough memory"):
        decoder.pixels(photo, 224)
    decoder.close()


def test_a_process_that_dies_is_started_again(decoder: Decoder) -> None:
    decoder.pixels(png(8, 8), 8)
    assert decoder._process is not None
    os.kill(decoder._process.pid, signal.SIGKILL)
    decoder._process.wait()
    assert decoder.pixels(png(8, 8), 8).shape == (8, 8, 3)


def test_an_idle_process_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_IDLE_SECONDS", 0.1)
    decoder = Decoder(Decoding())
    decoder.pixels(png(8, 8), 8)
    process = decoder._process
    assert process is not None
    process.wait(10)
    assert decoder.pixels(png(8, 8), 8).shape == (8, 8, 3)
    decoder.close()


def test_it_has_the_packages_of_the_process_that_starts_it(sample_photos: Path) -> None:
    """As in a function app, whose host puts them on the path without telling the environment."""
    code = (
        "import sys; sys.path[:] = sys.argv[2:]; "
        "from wordsight.server.decoding import Decoder; "
        "from wordsight.server.settings import Decoding; "
        "decoder = Decoder(Decoding(seconds=20)); "
        "print(len(decoder.thumbnail(open(sys.argv[1], 'rb').read(), 100))); decoder.close()"
    )
    bare = getattr(sys, "_base_executable", sys.executable)  # without an environment's packages
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [bare, "-c", code, str(sample_photos / "chelsea.png"), *filter(None, sys.path)]
    told = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    assert int(told.stdout) > 1000
