"""Recall, on numbers worked out by hand and on real photos through the command."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Run

from wordsight.evaluation.query_forms import head_word, names_unseen, noun_phrase
from wordsight.evaluation.rank_figures import figures_of, ndcg
from wordsight.evaluation.retrieval import own_ranks

CAPTIONS = {
    "chelsea.png": ["a cat looks up", "the face of a cat"],
    "coffee.png": ["a cup of coffee with a spoon"],
    "china.jpg": ["a temple with a curved roof"],
}


def test_own_ranks_counts_the_photos_before_the_own_one() -> None:
    scores = np.array([[0.9, 0.1, 0], [0.5, 0.4, 0.3], [0.2, 0.2, 0.2]], np.float32)
    assert own_ranks(scores, np.array([0, 1, 2])).tolist() == [0, 1, 2]


def test_figures_are_those_worked_out_by_hand() -> None:
    told = figures_of(np.array([0, 0, 4, 9]), np.array([0, 0, 1, 1]))
    assert [told.recall[k].value for k in (1, 5, 10)] == [0.5, 0.75, 1.0]
    assert told.median_rank == 3.0
    assert told.mrr.value == pytest.approx((1 + 1 + 1 / 5 + 1 / 10) / 4)
    assert told.ndcg is None


def test_intervals_come_from_photos_not_from_queries() -> None:
    """A hundred queries to each of two photos: found all, or none."""
    told = figures_of(np.repeat([0, 99], 100), np.repeat([0, 1], 100)).recall[1]
    assert (told.low, told.value, told.high) == (0.0, 0.5, 1.0)
    sure = figures_of(np.zeros(50, np.int64), np.arange(50)).recall[1]
    assert (sure.low, sure.high) == (1.0, 1.0)


def test_ndcg_is_one_in_the_best_order_and_as_worked_out_in_another() -> None:
    gains = np.array([[3.0, 2.0, 0.0]], np.float32)
    assert ndcg(np.array([[0.9, 0.5, 0.1]], np.float32), gains)[0] == pytest.approx(1)
    turned = (2 / np.log2(3) + 3 / np.log2(4)) / (3 + 2 / np.log2(3))
    assert ndcg(np.array([[0.1, 0.5, 0.9]], np.float32), gains)[0] == pytest.approx(turned)
    assert ndcg(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32))[0] == 0


@pytest.mark.parametrize(
    ("caption", "phrase", "word"),
    [
        ("Two brown dogs are running in the snow.", "two brown dogs", "dogs"),
        ("A man in a red shirt", "man", "man"),
        ("There is a boat on the lake", "boat", "boat"),
        ("Running dogs", "running dogs", "dogs"),
        ("In the snow", "In the snow", "snow"),
    ],
)
def test_short_queries_out_of_captions(caption: str, phrase: str, word: str) -> None:
    assert noun_phrase(caption) == phrase
    assert head_word(caption) == word


def test_a_word_that_nobody_taught_is_unseen() -> None:
    known = frozenset({"dogs", "the", "run", "zebra"})
    assert not names_unseen("The dogs run: 2024 zebras", known)
    assert names_unseen("The dogs run toward an okapi", known | {"toward"})


def test_the_command_reports_with_its_protocol_and_shows_what_is_found_last(
    wordsight: Run, sample_photos: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "few.tar", "w") as tar:
        for name in CAPTIONS:
            tar.add(sample_photos / name, name)
    rows = [{"file": name, "captions": texts} for name, texts in CAPTIONS.items()]
    (tmp_path / "few.json").write_text(json.dumps(rows))
    page = tmp_path / "found.html"
    run = wordsight("evaluate", "retrieval", "--json", "--report", page, tmp_path / "few")
    report = json.loads(run.stdout)
    assert (report["gallery"], report["captions"]) == (3, 4)
    found = {(row["signal"], row["queries"]): row["figures"] for row in report["text_to_image"]}
    assert found["fused", "caption"]["recall"]["1"]["value"] == 1.0
    assert found["fused", "caption"]["queries"] == 4
    assert {kind for _, kind in found} >= {"caption", "noun phrase", "one word"}
    back = {row["signal"]: row["figures"]["recall"] for row in report["image_to_text"]}
    assert back["fused"]["1"]["value"] == 1.0
    assert report["through_index"] == 1.0
    html = page.read_text()
    assert html.count("<img src=") == 4 * len(report["failures"])
    assert "http" not in html
    shown = wordsight("evaluate", "retrieval", tmp_path / "few.json").stdout
    assert "a gallery of 3 photos, 4 human captions" in shown
