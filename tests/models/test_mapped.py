"""Models opened from forms that processes share, beside the same models opened as they are."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wordsight.errors import ModelError
from wordsight.models.mapped import mapped_form, share_weights
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.models.precision import PRECISIONS, Precision, computes_int8
from wordsight.models.runtime import OnnxModel

MODEL = WEIGHTS / "projection.onnx"


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """The folder that weights are shared in."""
    folder = tmp_path / "shared"
    share_weights(folder)
    yield folder
    share_weights(None)


def projected(model: OnnxModel) -> list[np.ndarray]:
    shape = [3, *model.inputs["grid"][1:]]
    return model(grid=np.random.default_rng(0).random(shape, np.float32))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_mapped_models_say_the_same_to_the_last_bit(tmp_path: Path, precision: Precision) -> None:
    if precision == "int8" and not computes_int8():
        pytest.skip("this processor has no exact int8 arithmetic")
    pixels = np.random.default_rng(1).integers(0, 256, (5, 224, 224, 3)).astype(np.uint8)

    def said() -> list[np.ndarray]:
        models = ModelSet(threads=1, precision=precision)
        grid = models.grid(pixels)
        captions = models.captioner.caption(grid)
        texts = [one.text for one in captions]
        told = [np.array(texts), np.array([one.confidence for one in captions])]
        return [grid, *told, models.encoder.encode(texts), models.look(pixels, grid)]

    plain = said()
    share_weights(tmp_path)
    try:
        for one, other in zip(plain, said(), strict=True):
            np.testing.assert_array_equal(one, other)
    finally:
        share_weights(None)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is mapped")
def test_weights_are_mapped_from_the_shared_folder(shared: Path) -> None:
    model = OnnxModel(MODEL, 1)
    mapped = [
        line for line in Path("/proc/self/maps").read_text().splitlines() if str(shared) in line
    ]
    assert mapped, model
    assert all(line.endswith("projection.weights") for line in mapped)


def test_a_form_is_made_once(shared: Path) -> None:
    form = mapped_form(MODEL)
    assert form.is_relative_to(shared)
    before = form.stat()
    assert mapped_form(MODEL) == form
    assert (form.stat().st_ino, form.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.usefixtures("shared")
def test_a_model_that_changes_has_another_form(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    shutil.copy(MODEL, model)
    form = mapped_form(model)
    shutil.copy(WEIGHTS / "captioner_start.onnx", model)
    assert mapped_form(model) != form
    assert OnnxModel(model, 1).inputs == OnnxModel(WEIGHTS / "captioner_start.onnx", 1).inputs


def test_what_a_killed_process_left_is_not_taken_for_a_form(shared: Path) -> None:
    form = mapped_form(MODEL)
    shutil.move(form.parent, shared / "tmpkilled")
    (shared / "tmpkilled" / form.name).write_bytes(b"")
    assert mapped_form(MODEL) == form
    assert projected(OnnxModel(MODEL, 1))


def test_where_no_form_can_be_kept_models_are_opened_as_they_are(tmp_path: Path) -> None:
    plain = projected(OnnxModel(MODEL, 1))
    (tmp_path / "file").touch()
    share_weights(tmp_path / "file" / "shared")
    try:
        assert mapped_form(MODEL) == MODEL
        np.testing.assert_array_equal(projected(OnnxModel(MODEL, 1)), plain)
    finally:
        share_weights(None)


def test_a_broken_model_is_told_by_its_own_name(shared: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    for model in (broken, tmp_path / "missing.onnx"):
        with pytest.raises(ModelError, match=model.name):
            OnnxModel(model)
    assert [path.name for path in shared.iterdir()] in ([], ["lock"])
