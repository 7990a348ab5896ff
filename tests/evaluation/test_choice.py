"""The choice follows from the numbers."""

from __future__ import annotations

import pytest

from wordsight.evaluation.choice import choose
from wordsight.evaluation.method_rows import MethodRow, SearchRow

SIZES = (600, 396, 4)


def row(
    method: str, compared: float | None, seconds: float, clusters: int = 100, noise: float = 0.0
) -> MethodRow:
    search = SearchRow({0.9: 0.1, 0.95: 0.1, 0.99: compared}, 0.3, 1.0, {}, ((0.1, 0.3),))
    return MethodRow(
        method, "", clusters, noise, 600, 4.0, 0.1, seconds, seconds, 0, 0, search, search, SIZES
    )


def test_the_fastest_of_those_that_serve_well_is_chosen() -> None:
    rows = [row("best", 0.050, 60), row("fast", 0.074, 5), row("faster, but worse", 0.076, 2)]
    choice = choose(rows)
    assert choice.method == "fast"
    assert choice.reason == (
        "compares 7.4% of the embeddings and is fitted in 5.0 s; best compares least, 5.0%, which "
        "is 24 embeddings fewer a query (beside 3 centroids), and is fitted in 60.0 s; the "
        "largest of 3 cells has 600 photos, the median 4"
    )
    assert choice.against == {
        "best": "compares 5.0%, and is fitted in 60.0 s",
        "faster, but worse": "compares 7.6%, 1.0 times as much",
    }


def test_no_one_waits_for_less_than_a_second() -> None:
    rows = [row("fast", 0.054, 0.001), row("best", 0.050, 0.9)]
    assert choose(rows).method == "best"


def test_who_never_reaches_the_recall_compares_everything() -> None:
    choice = choose([row("short", None, 1), row("good", 0.5, 9)])
    assert choice.method == "good"
    assert choice.against["short"].startswith("compares 100.0%, 2.0 times as much")


@pytest.mark.parametrize(
    ("clusters", "noise", "said"),
    [(0, 1.0, "finds no cluster; leaves 100%"), (1, 0.002, "finds one cluster"), (9, 0.4, "40%")],
)
def test_noise_and_lack_of_clusters_are_told(clusters: int, noise: float, said: str) -> None:
    choice = choose([row("good", 0.05, 5), row("dense", 0.9, 1, clusters, noise)])
    assert said in choice.against["dense"]


def test_one_alone_is_chosen() -> None:
    choice = choose([row("only", 0.2, 3)])
    assert (choice.method, choice.against) == ("only", {})
    assert "least" not in choice.reason


def test_of_nothing_nothing_is_chosen() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose([])
