"""Caption scores: those of the reference implementation, on captions decoded freely."""

from __future__ import annotations

import json
import math
import tarfile
from pathlib import Path

import pytest
from tests.conftest import Run

from wordsight.evaluation.captions import score_captions

REFERENCES = [
    ["A dog runs in the grass.", "A brown dog is running through a green field."],
    ["Two men are playing chess in a park."],
]


def test_the_same_words_score_full_whatever_their_case_and_punctuation() -> None:
    said = ["a dog runs in the grass", "two men are playing chess, in a park!"]
    scores = score_captions(said, REFERENCES)
    for name in ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "METEOR"):
        assert scores[name] == pytest.approx(1, abs=1e-6), name
    assert scores["CIDEr-D"] > 5


def test_other_words_score_nothing() -> None:
    scores = score_captions(["blue airplanes", "someone eats soup"], REFERENCES)
    assert scores["BLEU-4"] < 1e-6
    assert scores["CIDEr-D"] == pytest.approx(0, abs=1e-6)


def test_bleu_as_one_counts_it_by_hand() -> None:
    """Four of five words, two of four pairs; a word shorter than the nearest reference."""
    scores = score_captions(["a dog runs on grass"], [["a dog runs in the grass"]])
    brevity = math.exp(1 - 6 / 5)
    assert scores["BLEU-1"] == pytest.approx(brevity * 4 / 5, abs=1e-6)
    assert scores["BLEU-2"] == pytest.approx(brevity * math.sqrt(4 / 5 * 2 / 4), abs=1e-6)


@pytest.fixture
def collection(sample_photos: Path, tmp_path: Path) -> Path:
    names = ["chelsea.png", "coffee.png"]
    with tarfile.open(tmp_path / "few.tar", "w") as tar:
        for name in names:
            tar.add(sample_photos / name, name)
    rows = [{"file": name, "captions": ["A cat.", "A cup of coffee."]} for name in names]
    (tmp_path / "few.json").write_text(json.dumps(rows))
    return tmp_path / "few"


def test_the_command_prints_a_row_for_each_number_of_beams(
    collection: Path, wordsight: Run
) -> None:
    run = wordsight("evaluate", "captions", str(collection))
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    lines = run.stdout.splitlines()
    assert lines[0].startswith("few: 2 photos, 4 human captions")
    assert [line.split()[0] for line in lines[2:5]] == ["beams", "3", "1"]
    assert [line[:8] for line in lines[6:8]] == ["3 beams:", "1 beams:"]
    assert "expected calibration error" in lines[6]
    rows = [line.split()[:2] for line in lines[10:]]
    assert rows == [["men", "0"], ["women", "0"], ["neither", "2"]]
    told = json.loads(
        wordsight("evaluate", "captions", str(collection), "--beams", "1", "--json").stdout
    )
    assert [row["beams"] for row in told] == [1]
    assert set(told[0]["scores"]) >= {"BLEU-4", "METEOR", "ROUGE-L", "CIDEr-D"}


def test_what_is_missing_is_told_in_one_line(tmp_path: Path, wordsight: Run) -> None:
    run = wordsight("evaluate", "captions", str(tmp_path / "none"))
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
