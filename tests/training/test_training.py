"""A tiny training run through the command, from photos to models that search."""

from __future__ import annotations

import csv
import json
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from PIL import Image
from tests.conftest import command

from wordsight import Library
from wordsight.models.packaged import ModelSet

TEXTS = {
    "chelsea": ["a cat with green eyes", "the cat looks up"],
    "coffee": ["a cup of coffee on a table", "coffee in a cup"],
    "rocket": ["a rocket at night", "the rocket stands at night"],
}


@pytest.fixture(scope="module")
def data(sample_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve cut-outs of three photos to train on, three others as the development set."""
    folder = tmp_path_factory.mktemp("data")
    for name, shifts in (("tiny-train", range(1, 5)), ("tiny-dev", range(5, 6))):
        rows = []
        with tarfile.open(folder / f"{name}.tar", "w") as tar:
            for shift in shifts:
                for subject, texts in TEXTS.items():
                    file = f"{subject}-{shift}.jpg"
                    original = next(sample_photos.glob(f"{subject}.*"))
                    with Image.open(original) as image:
                        box = (shift * 6, shift * 4, image.width - 9, image.height - shift * 3)
                        image.convert("RGB").crop(box).resize((224, 224)).save(folder / file)
                    tar.add(folder / file, file)
                    rows.append({"file": file, "captions": texts})
        (folder / f"{name}.json").write_text(json.dumps(rows))
    return folder


def train(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command("train", *arguments), capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    names = ("--train", "tiny-train", "--dev", "tiny-dev", "--epochs", 40)
    run = train("--out", folder / "w", "--cache", folder / "c", "all", "--data", data, *names)
    assert run.returncode == 0, run.stderr
    return folder


def test_the_loss_falls_and_is_logged(trained: Path) -> None:
    for log, column in (("captioner.csv", "train_nats"), ("projection.csv", "train_loss")):
        with (trained / "c" / log).open() as file:
            losses = [float(row[column]) for row in csv.DictReader(file)]
        assert len(losses) == 40
        assert losses[-1] < losses[0] * 0.7, log


def test_what_was_learnt_captions_and_finds(
    trained: Path, sample_photos: Path, tmp_path: Path
) -> None:
    models = ModelSet(trained / "w")
    assert models.damaged_files() == []
    with Library(tmp_path / "library", models) as library:
        library.index([sample_photos])
        said = {Path(hit.uris[0]).stem: hit.caption for hit in library.search("a cat")}
        assert "cat" in said["chelsea"]
        assert "cup" in said["coffee"] or "coffee" in said["coffee"]
        for query, name in (("the cat", "chelsea"), ("coffee in a cup", "coffee")):
            assert Path(library.search(query)[0].uris[0]).stem == name


def test_converted_models_agree_with_the_originals(trained: Path) -> None:
    import torch

    from wordsight.training.backbone import Backbone

    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    with torch.no_grad():
        reference = Backbone().eval()(torch.from_numpy(pixels)).numpy()
    grid = ModelSet(trained / "w").grid(pixels)
    assert np.corrcoef(grid.ravel(), reference.ravel())[0, 1] > 0.9999


@pytest.mark.parametrize("name", ["backbone.onnx", "encoder.onnx"])
def test_conversion_is_reproducible(trained: Path, models: ModelSet, name: str) -> None:
    """The packaged CNN and encoder are what the commands make today.

    Not to the last bit everywhere: folding a normalisation into a convolution is arithmetic,
    which processors round differently, by at most a step of the stored number.
    """
    packaged, fresh = onnx.load(models.folder / name).graph, onnx.load(trained / "w" / name).graph
    assert [node.op_type for node in fresh.node] == [node.op_type for node in packaged.node]
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in packaged.initializer}
    assert {tensor.name for tensor in fresh.initializer} == set(weights)
    for tensor in fresh.initializer:
        assert_a_step_apart(numpy_helper.to_array(tensor), weights[tensor.name])


def assert_a_step_apart(ours: np.ndarray, packaged: np.ndarray) -> None:
    assert (ours.dtype, ours.shape) == (packaged.dtype, packaged.shape)
    if ours.dtype.kind == "f":
        np.testing.assert_allclose(ours, packaged, rtol=2**-10, atol=2**-24)
    else:
        assert np.abs(ours.astype(np.int64) - packaged.astype(np.int64)).max(initial=0) <= 1


def test_training_without_features_says_what_to_run_first(data: Path, tmp_path: Path) -> None:
    names = ("--train", "tiny-train", "--dev", "tiny-dev")
    run = train("--out", tmp_path, "--cache", tmp_path, "captioner", "--data", data, *names)
    assert run.returncode == 1
    assert "run `wordsight train backbone` first" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_training_on_data_that_is_not_there(tmp_path: Path) -> None:
    run = train("captioner", "--data", tmp_path)
    assert run.returncode == 1
    assert "cannot read the captions" in run.stderr
