"""In which arithmetic the models are computed, and that int8 is steady and near float32."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from wordsight.errors import ModelError
from wordsight.models import precision
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.models.precision import chosen_precision, computes_int8, form
from wordsight.photos.decode import decode
from wordsight.pipeline.describe import describe

needs_int8 = pytest.mark.skipif(not computes_int8(), reason="no exact int8 arithmetic here")


@pytest.fixture(scope="module")
def int8() -> ModelSet:
    return ModelSet(precision="int8")


def test_files_are_named_by_their_precision() -> None:
    assert form(Path("a/encoder.onnx"), "float32") == Path("a/encoder.onnx")
    assert form(Path("a/encoder.onnx"), "int8") == Path("a/encoder_int8.onnx")


@pytest.mark.parametrize(
    ("flags", "exact"),
    [
        ("flags\t\t: fpu avx2 avx512_vnni\n", True),
        ("flags\t\t: fpu avx2 avx_vnni\n", True),
        ("Features\t: fp asimd asimddp\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("model name\t: avx512_vnni\n", False),
    ],
)
def test_int8_is_for_processors_with_dot_products(
    flags: str, exact: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\n" + flags)
    monkeypatch.setattr(precision, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(precision.platform, "system", lambda: "Linux")
    assert computes_int8.__wrapped__() is exact


def test_the_quickest_is_chosen_unless_another_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WORDSIGHT_PRECISION", raising=False)
    monkeypatch.setattr(precision, "computes_int8", lambda: True)
    monkeypatch.setattr(precision, "device", lambda: "cpu")
    assert chosen_precision(None, has_int8=True) == "int8"
    assert chosen_precision(None, has_int8=False) == "float32"
    monkeypatch.setenv("WORDSIGHT_PRECISION", "float32")
    assert chosen_precision(None, has_int8=True) == "float32"
    assert chosen_precision("int8", has_int8=True) == "int8"
    monkeypatch.delenv("WORDSIGHT_PRECISION")
    monkeypatch.setattr(precision, "device", lambda: "cuda")
    assert chosen_precision(None, has_int8=True) == "float32"


def test_what_cannot_be_had_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="wordsight train quantise"):
        chosen_precision("int8", has_int8=False)
    monkeypatch.setattr(precision, "computes_int8", lambda: False)
    with pytest.raises(ModelError, match="take float32"):
        chosen_precision("int8", has_int8=True)
    monkeypatch.setenv("WORDSIGHT_PRECISION", "int4")
    with pytest.raises(ModelError, match="it may be int8 or float32"):
        chosen_precision(None, has_int8=True)


@needs_int8
def test_int8_does_not_depend_on_company_order_or_threads(
    int8: ModelSet, sample_photos: Path
) -> None:
    decoded = [decode(path.read_bytes(), 224) for path in sorted(sample_photos.iterdir())]
    expected = describe(decoded, int8)
    backwards = describe(decoded[::-1], ModelSet(precision="int8", threads=1))[::-1]
    alone = [describe([photo], int8)[0] for photo in decoded]
    for other in (backwards, alone):
        for one, two in zip(expected, other, strict=True):
            assert one.caption == two.caption
            assert np.abs(one.caption_vector - two.caption_vector).max() < 1e-6
            assert np.abs(one.picture_vector - two.picture_vector).max() < 1e-6


@needs_int8
def test_int8_is_near_float32(int8: ModelSet, sample_photos: Path) -> None:
    exact = ModelSet(precision="float32")
    decoded = [decode(path.read_bytes(), 224) for path in sorted(sample_photos.iterdir())]
    pairs = zip(describe(decoded, int8), describe(decoded, exact), strict=True)
    cosines = [float(one.picture_vector @ two.picture_vector) for one, two in pairs]
    assert np.median(cosines) > 0.98
    sentences = ["two dogs play in the snow", "a plate of food", "a man"]
    assert (int8.encoder.encode(sentences) * exact.encoder.encode(sentences)).sum(1).min() > 0.99
    assert int8.identity == exact.identity


@needs_int8
def test_a_damaged_int8_form_says_so(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    (folder / "encoder_int8.onnx").write_bytes(b"junk")
    assert ModelSet(folder).damaged_files() == ["encoder_int8.onnx"]
    with pytest.raises(ModelError, match=r"encoder_int8\.onnx"):
        ModelSet(folder, precision="int8").encoder.encode(["a cat"])
