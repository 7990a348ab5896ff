"""Recall, on numbers worked out by hand and on real photos through the command."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
from tests.conftest import Run

from wordsight.evaluation.retrieval import own_ranks

CAPTIONS = {
    "chelsea.png": ["a cat looks up", "the face of a cat"],
    "coffee.png": ["a cup of coffee with a spoon"],
    "china.jpg": ["a temple with a curved roof"],
}


def test_own_ranks_counts_the_photos_before_the_own_one() -> None:
    gallery = np.eye(3, dtype=np.float32)
    queries = np.array([[0.9, 0.1, 0], [0.5, 0.4, 0.3], [0.2, 0.2, 0.2]], np.float32)
    assert own_ranks(queries, gallery, np.array([0, 1, 2])).tolist() == [0, 1, 2]


def test_the_command_reports_recall_with_its_protocol(
    wordsight: Run, sample_photos: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "few.tar", "w") as tar:
        for name in CAPTIONS:
            tar.add(sample_photos / name, name)
    rows = [{"file": name, "captions": texts} for name, texts in CAPTIONS.items()]
    (tmp_path / "few.json").write_text(json.dumps(rows))
    report = json.loads(wordsight("evaluate", "retrieval", "--json", tmp_path / "few").stdout)
    assert (report["gallery"], report["queries"]) == (3, 4)
    recall = {row["signal"]: row["recall"] for row in report["signals"]}
    assert recall["fused"]["1"] == 1.0
    assert all(row["10"] == 1.0 for row in recall.values())
    shown = wordsight("evaluate", "retrieval", tmp_path / "few.json").stdout
    assert "4 human captions as queries, a gallery of 3 photos" in shown
