"""Confidence as a probability: what is right, how knots are fitted, and what they are worth."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from wordsight.evaluation.calibration import are_right, calibration, cross_validated, fit_knots
from wordsight.models.certainty import certainty
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.training.records import record_calibration, write_records

PEOPLE = ["A dog on the grass .", "A brown dog in a park ."]


def test_a_caption_is_right_if_people_named_all_that_it_names() -> None:
    captions = ["a dog in the park", "two dogs on grass", "a cat on the grass", "it is brown"]
    others = ["A cat is here ."]  # makes the cat a noun
    right = are_right([*captions, "a cat"], [PEOPLE] * 4 + [others])
    assert right.tolist() == [True, True, False, False, True]


def test_between_the_knots_are_straight_lines_and_beyond_them_nothing_changes() -> None:
    knots = [(-2.0, 0.1), (-1.0, 0.3), (0.0, 0.9)]
    told = [certainty(value, knots) for value in (-9, -2, -1.5, -0.5, 0, 1)]
    assert told == pytest.approx([0.1, 0.1, 0.2, 0.6, 0.9, 0.9])
    assert certainty(-1, []) is None


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_fitted_knots_foretell_what_is_right_also_where_they_were_not_fitted() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.uniform(-2, 0, 20_000)
    truth = sigmoid(4 * confidences + 3)
    right = rng.random(20_000) < truth
    knots = fit_knots(confidences.tolist(), right)
    assert np.all(np.diff(knots, axis=0) > 0)
    told = [certainty(value, knots) for value in (-1.5, -1, -0.5)]
    assert told == pytest.approx(sigmoid(4 * np.array([-1.5, -1, -0.5]) + 3).tolist(), abs=0.03)
    assert cross_validated(confidences.tolist(), right).error < 0.03
    naive = calibration(confidences.tolist(), right, [(-2, 0.13), (-1, 0.37), (0, 1.0)])
    assert naive is not None
    assert naive.error > 0.1


def test_the_calibration_error_as_one_counts_it_by_hand() -> None:
    """Three captions at 0.25, one of them right, and one wrong at 0.85."""
    knots = [(-3.0, 0.25), (-2.0, 0.25), (-1.0, 0.85)]
    right = np.array([True, False, False, False])
    told = calibration([-2.5, -2.2, -2.1, -1.0], right, knots)
    assert told is not None
    assert told.error == pytest.approx(3 / 4 * abs(1 / 3 - 0.25) + 1 / 4 * 0.85)
    assert (told.right, told.certainty) == (0.25, pytest.approx(0.4))
    assert calibration([-1.0], right[:1], []) is None


def test_less_confidence_is_never_worth_more() -> None:
    confidences = np.linspace(-2, 0, 50)
    knots = fit_knots(confidences.tolist(), confidences < -1)
    assert len({chance for _, chance in knots}) == 1


def test_the_record_keeps_it_while_the_captioner_stays_and_nothing_is_described_anew(
    tmp_path: Path,
) -> None:
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    identity = ModelSet(folder).identity
    record_calibration(folder, {"3": [[-1.0, 0.2], [0.0, 0.8]]})
    write_records(folder)
    models = ModelSet(folder)
    assert models.identity == identity
    assert models.certainty(-0.5) == pytest.approx(0.5)
    assert ModelSet(folder, beams=2).certainty(-0.5) is None
    with (folder / "vocabulary.txt").open("a") as file:
        file.write("other\n")
    write_records(folder)
    assert ModelSet(folder).certainty(-0.5) is None


def test_the_packaged_captioner_is_calibrated_greedy_and_by_default() -> None:
    rows = json.loads((WEIGHTS / "SOURCES.json").read_text())
    (captioner,) = (row for row in rows if row["kind"] == "captioner")
    assert set(captioner["calibration"]) == {"1", "3"}
    for knots in captioner["calibration"].values():
        assert np.all(np.diff(knots, axis=0) > 0)
        assert all(0 < chance < 1 for _, chance in knots)
