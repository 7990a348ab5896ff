"""A comparison of clusterings in words and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import fill

from wordsight.evaluation.clusterings import Comparison
from wordsight.evaluation.method_rows import SHARES, TARGETS, MethodRow, SearchRow

_WIDTH = 100
_COSTS = ["method", "clusters", "noise", "largest", "median", "silhouette"]
_COSTS += ["fit s", "CPU s", "memory MB", "model MB"]


@dataclass(frozen=True)
class Table:
    """A heading, a header, rows of text, and what is to be said about them."""

    title: str
    header: list[str]
    rows: list[list[str]]
    notes: list[str]

    def plain(self) -> str:
        """In columns, the first to the left and the others to the right."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        parts = [self.title, "", *(_aligned(line, widths) for line in lines), ""]
        return "\n".join([*parts, *(fill(note, _WIDTH) for note in self.notes), ""])

    def markdown(self) -> str:
        """As a section of a Markdown page."""
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"## {self.title}\n\n{text}\n\n" + "\n\n".join(self.notes) + "\n"


def heading(told: Comparison) -> str:
    """What was compared on what."""
    return (
        f"{told.photos} of {told.library} photos (seed {told.seed}), every method on the same "
        f"vectors, reduced from {told.dimension} to {told.rank} numbers. Recall is that of the "
        f"ten nearest against exact search, over {told.sentences} held-out sentences, and over "
        f"{told.photos_as_queries} photos that do not find themselves."
    )


def tables(told: Comparison) -> list[Table]:
    """All that was measured."""
    sentences = _searches(told, "sentences", lambda row: row.sentences)
    photos = _searches(told, "photos", lambda row: row.photos)
    return [_ranks(told), _methods(told), sentences, photos, _losses(told)]


def conclusion(told: Comparison) -> list[str]:
    """The choice and its reason, a line each, and then what speaks against the others."""
    choice = told.choice
    lines = [f"{choice.method}: {choice.reason}.", f"Rule: {choice.rule}."]
    lines += [f"{method}: {why}." for method, why in choice.against.items()]
    return lines + [f"{method}: gave no result ({why})." for method, why in told.failed.items()]


def _ranks(told: Comparison) -> Table:
    ranks = told.ranks
    return Table(
        "PCA",
        ["components", "variance kept", "recall, reduced only", "100 compared again"],
        [
            [
                str(row.rank),
                f"{row.explained_variance:.1%}",
                f"{row.recall_reduced:.4f}",
                f"{row.recall_compared_again:.4f}",
            ]
            for row in ranks.rows
        ],
        [
            f"Recall is of sentences. By variance kept (95 %) {ranks.by_variance} components would "
            "be chosen; by recall lost (at most a thousandth after comparing again) "
            f"{ranks.by_recall}, which are used here."
        ],
    )


def _methods(told: Comparison) -> Table:
    return Table(
        "What each method finds and costs",
        _COSTS,
        [
            [
                row.method,
                str(row.clusters),
                f"{row.noise:.1%}",
                str(row.largest),
                f"{row.median:.0f}",
                "-" if row.silhouette is None else f"{row.silhouette:.3f}",
                f"{row.seconds:.1f}",
                f"{row.processor_seconds:.1f}",
                f"{row.memory / 1e6:.0f}",
                f"{row.model_bytes / 1e6:.2f}",
            ]
            for row in told.methods
        ],
        [
            "Largest and median are photos a cell, with noise put into the nearest cell. The "
            "silhouette is by Euclidean distance in the reduced space, without noise. Memory is "
            "what a process of its own grew by. The model is centroids, weights and covariances; "
            f"reduction and memberships take {told.shared_bytes / 1e6:.2f} MB more with any.",
            *(f"{row.method}: {row.parameters}." for row in told.methods),
        ],
    )


def _searches(told: Comparison, kind: str, row_of: Callable[[MethodRow], SearchRow]) -> Table:
    return Table(
        f"Share of the embeddings compared, {kind} as queries",
        ["method", *(f"recall {target:g}" for target in TARGETS), "centroids", "one probe"],
        [
            [
                row.method,
                *(_share(row_of(row).compared[target]) for target in TARGETS),
                f"{len(row.sizes) / told.photos:.1%}",
                f"{row_of(row).one_probe:.3f}",
            ]
            for row in told.methods
        ],
        [
            "The cells whose centroids have the highest inner products with the query are looked "
            "into, one more until the recall is reached; the same rule for all. A query scores "
            "every centroid beside. The last column is the recall of looking into one cell."
        ],
    )


def _losses(told: Comparison) -> Table:
    first = told.methods[0]
    return Table(
        "Losses apart",
        ["recall of sentences lost by probing, at", *(f"{share:.0%}" for share in SHARES)],
        [[row.method, *_lost(row.sentences)] for row in told.methods],
        [
            f"Reducing alone loses {1 - first.sentences.all_cells:.4f} of the recall of sentences, "
            f"{1 - first.photos.all_cells:.4f} of that of photos, however many cells are looked "
            "into. The table is what is lost beside by looking into some cells only; a dash is "
            "where one cell is more than the share."
        ],
    )


def _lost(row: SearchRow) -> list[str]:
    losses = [row.lost_by_probing[share] for share in SHARES]
    return ["-" if loss is None else f"{loss:.3f}" for loss in losses]


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _aligned(line: list[str], widths: list[int]) -> str:
    cells = [line[0].ljust(widths[0])]
    cells += [text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)]
    return "  ".join(cells).rstrip()
