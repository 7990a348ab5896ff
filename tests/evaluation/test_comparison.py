"""A whole comparison, its tables and its page, on vectors that lie as photos do."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from tests.index.vectors import around_centres

from wordsight.errors import WordsightError
from wordsight.evaluation import clusterings as module
from wordsight.evaluation.alone import FitFailedError, Fitted, fit_alone
from wordsight.evaluation.cluster_report import write_report
from wordsight.evaluation.cluster_tables import Table, conclusion, heading, tables
from wordsight.evaluation.clusterers import Clusterer, partition
from wordsight.evaluation.clusterings import (
    LEAST_PHOTOS,
    STEPS,
    Comparison,
    compare_clusterings,
    sample_rows,
    silhouette,
)
from wordsight.evaluation.kmeans import TwoLevelKMeans
from wordsight.evaluation.mixtures import GaussianMixture
from wordsight.evaluation.ranks import measure_ranks
from wordsight.index.reduction import fit_all_components, fit_reduction

DIMENSION = 48
VECTORS = around_centres(400, DIMENSION)
SENTENCES = around_centres(30, DIMENSION, seed=1)


def fit_without_hdbscan(clusterer: Clusterer, points: np.ndarray, seed: int) -> Fitted:
    """In this process, which is quicker; one method fails."""
    if clusterer.name == "HDBSCAN":
        raise FitFailedError("killed by SIGKILL")
    return Fitted(partition(clusterer, points, seed), 1.5, 2.5, 3_000_000)


@pytest.fixture(scope="module")
def steps() -> list[str]:
    return []


@pytest.fixture(scope="module")
def told(steps: list[str]) -> Comparison:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "fit_alone", fit_without_hdbscan)
        return compare_clusterings(VECTORS, SENTENCES, library=1000, tick=steps.append)


def test_every_method_has_its_row(told: Comparison, steps: list[str]) -> None:
    assert len(told.methods) == 8
    assert told.failed == {"HDBSCAN": "killed by SIGKILL"}
    assert (told.photos, told.library, told.dimension) == (400, 1000, DIMENSION)
    assert (told.sentences, told.photos_as_queries) == (30, 400)
    assert steps == ["PCA", *(row.method for row in told.methods[:7]), "HDBSCAN", "DBSCAN"]
    assert len(steps) == STEPS
    for row in told.methods:
        assert sum(row.sizes) == 400
        assert row.largest == max(row.sizes)
        for search in (row.sentences, row.photos):
            recalls = [recall for _, recall in search.curve]
            assert recalls == sorted(recalls)
            assert search.all_cells >= 0.999
            assert search.one_probe == search.curve[0][1]


def test_the_choice_is_of_the_methods_measured(told: Comparison) -> None:
    names = {row.method for row in told.methods}
    assert {told.choice.method, *told.choice.against} == names
    lines = conclusion(told)
    assert lines[0].startswith(told.choice.method)
    assert lines[-1] == "HDBSCAN: gave no result (killed by SIGKILL)."


def test_tables_name_every_method_once(told: Comparison) -> None:
    assert "400 of 1000 photos" in heading(told)
    for table in tables(told)[1:]:
        assert [row[0] for row in table.rows] == [row.method for row in told.methods]
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_a_table_in_columns_and_in_markdown() -> None:
    table = Table("Sizes", ["method", "n"], [["one", "7"], ["another", "12"]], ["So."])
    assert table.plain() == "Sizes\n\nmethod    n\none       7\nanother  12\n\nSo.\n"
    assert table.markdown() == (
        "## Sizes\n\n| method | n |\n| --- | ---: |\n| one | 7 |\n| another | 12 |\n\nSo.\n"
    )


@pytest.fixture(scope="module")
def report(told: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(told, tmp_path_factory.mktemp("new") / "deep" / "report")


def test_the_page_shows_its_plots_and_numbers(told: Comparison, report: Path) -> None:
    page = report.read_text()
    shown = re.findall(r"!\[.*?\]\((.*?)\)", page)
    assert len(shown) == 4
    for name in shown:
        plot = report.with_name(name).read_text()
        assert plot.startswith("<?xml")
        assert "</svg>" in plot
    assert told.choice.reason in page
    numbers = json.loads(report.with_name("comparison.json").read_text())
    assert numbers == json.loads(json.dumps(asdict(told)))


def test_the_same_comparison_is_the_same_plot(
    told: Comparison, report: Path, tmp_path: Path
) -> None:
    write_report(told, tmp_path)
    for plot in tmp_path.glob("*.svg"):
        assert plot.read_bytes() == report.with_name(plot.name).read_bytes()


@pytest.mark.parametrize("photos", [LEAST_PHOTOS, LEAST_PHOTOS + 1, 64])
def test_small_libraries_are_compared(monkeypatch: pytest.MonkeyPatch, photos: int) -> None:
    monkeypatch.setattr(module, "fit_alone", fit_without_hdbscan)
    few = compare_clusterings(VECTORS[:photos], SENTENCES, photos)
    assert len(few.methods) == 8
    assert all(row.sentences.compared[0.9] is not None for row in few.methods)


def test_where_all_methods_fail_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    with pytest.raises(WordsightError, match=r"no method gave a result.*/nowhere/at/all"):
        compare_clusterings(VECTORS, SENTENCES, 400)


def test_ranks_are_chosen_as_the_library_chooses_them() -> None:
    vectors = around_centres(600, DIMENSION, spread=0.8)
    table = measure_ranks(fit_all_components(vectors), vectors, SENTENCES)
    assert table.by_variance == fit_reduction(vectors).rank
    assert table.by_recall == fit_reduction(vectors, SENTENCES).rank
    assert [row.rank for row in table.rows] == [16, 32, 48]
    for row in table.rows:
        assert row.recall_reduced <= row.recall_compared_again
    assert table.rows[-1].recall_reduced == pytest.approx(1)


def test_a_process_of_its_own_gives_the_same_and_tells_what_it_cost() -> None:
    points = around_centres(3000, DIMENSION)
    fitted = fit_alone(GaussianMixture(40, "diag"), points, seed=3)
    here = partition(GaussianMixture(40, "diag"), points, seed=3)
    assert np.array_equal(fitted.partition.labels, here.labels)
    assert fitted.seconds > 0
    assert fitted.processor_seconds > 0
    assert 200_000 < fitted.memory < 200_000_000  # likelihoods alone are 3000 x 40 x 4 bytes


def test_a_method_that_fails_says_why() -> None:
    with pytest.raises(FitFailedError, match=r"InvalidParameterError.*covariance_type"):
        fit_alone(GaussianMixture(2, "no such"), VECTORS, 0)  # type: ignore[arg-type]


def test_a_process_that_is_killed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kill = ["/bin/sh", "-c", "kill -9 $$"]
    monkeypatch.setattr("wordsight.evaluation.alone._command", lambda _: kill)
    with pytest.raises(FitFailedError, match="killed by SIGKILL, out of memory it seems"):
        fit_alone(TwoLevelKMeans(2), VECTORS, 0)


def test_silhouettes_are_of_what_is_not_noise() -> None:
    points = np.array([[0, 0], [0, 1], [9, 0], [9, 1], [4, 4]], np.float32)
    labels = np.array([0, 0, 1, 1, -1])
    assert silhouette(points, labels) == pytest.approx(1 - 1 / np.mean([9, np.sqrt(82)]))
    assert silhouette(points, np.zeros(5, int)) is None
    assert silhouette(points, np.arange(5)) is None
    assert silhouette(points, np.full(5, -1)) is None


def test_samples_are_of_the_seed() -> None:
    assert sample_rows(5, 9, 0).tolist() == [0, 1, 2, 3, 4]
    one, other = sample_rows(1000, 50, 0), sample_rows(1000, 50, 1)
    assert np.array_equal(one, sample_rows(1000, 50, 0))
    assert not np.array_equal(one, other)
    assert len(set(one.tolist())) == 50
    assert (np.diff(one) > 0).all()
