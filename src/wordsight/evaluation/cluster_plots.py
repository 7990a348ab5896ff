"""Plots of a comparison of clusterings, as SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wordsight.evaluation.clusterings import Comparison
from wordsight.evaluation.method_rows import MethodRow, SearchRow

_STYLES = ("-", "--", ":")
_INCHES = (8.0, 5.0)


def draw_plots(told: Comparison, folder: Path) -> dict[str, str]:
    """Write all plots into an existing folder; gives the title of each file."""
    titles = {}
    for name, title, draw in (
        ("recall-sentences.svg", "Sentences as queries", _sentences),
        ("recall-photos.svg", "Photos as queries", _photos),
        ("ranks.svg", "PCA", _ranks),
        ("sizes.svg", "Photos a cell", _sizes),
    ):
        _write(folder / name, title, draw, told)
        titles[name] = title
    return titles


def _write(path: Path, title: str, draw: Callable[[Any, Comparison], None], told: Any) -> None:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(_INCHES, layout="constrained")
    axes = figure.add_subplot(title=title)
    draw(axes, told)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    with rc_context({"svg.hashsalt": path.name}):  # the same picture is the same file
        figure.savefig(path, format="svg", metadata={"Date": None})


def _sentences(axes: Any, told: Comparison) -> None:
    _curves(axes, told, lambda row: row.sentences)


def _photos(axes: Any, told: Comparison) -> None:
    _curves(axes, told, lambda row: row.photos)


def _curves(axes: Any, told: Comparison, kind: Callable[[MethodRow], SearchRow]) -> None:
    for i, row in enumerate(told.methods):
        compared, recall = zip(*kind(row).curve, strict=True)
        axes.plot(compared, recall, _STYLES[i % len(_STYLES)], label=row.method, marker=".")
    axes.set(xscale="log", xlabel="share of embeddings compared", ylabel="recall@10")


def _ranks(axes: Any, told: Comparison) -> None:
    ranks, rows = [row.rank for row in told.ranks.rows], told.ranks.rows
    axes.plot(ranks, [row.explained_variance for row in rows], label="variance kept")
    axes.plot(ranks, [row.recall_reduced for row in rows], label="recall@10, reduced only")
    again = [row.recall_compared_again for row in rows]
    axes.plot(ranks, again, label="recall@10, 100 compared again")
    axes.axvline(told.ranks.by_variance, color="gray", linestyle=":", label="by variance")
    axes.axvline(told.ranks.by_recall, color="gray", linestyle="--", label="by recall, used")
    axes.set(xlabel="components", ylabel="share")


def _sizes(axes: Any, told: Comparison) -> None:
    for i, row in enumerate(told.methods):
        places = [(place + 1) / len(row.sizes) for place in range(len(row.sizes))]
        style = _STYLES[i % len(_STYLES)]
        axes.plot(places, row.sizes, style, label=row.method, marker="." if i > 3 else "")
    axes.set(yscale="log", xlabel="share of cells at least so large", ylabel="photos a cell")
