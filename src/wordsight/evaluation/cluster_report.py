"""A comparison of clusterings as a page with plots."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from wordsight.evaluation.cluster_plots import draw_plots
from wordsight.evaluation.cluster_tables import conclusion, heading, tables
from wordsight.evaluation.clusterings import Comparison
from wordsight.evaluation.machine import machine


def write_report(told: Comparison, folder: Path) -> Path:
    """Write `report.md`, its plots, and all numbers as `comparison.json` into a folder.

    Returns:
        The page.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = draw_plots(told, folder)
    (folder / "comparison.json").write_text(json.dumps(asdict(told), indent=1) + "\n")
    page = folder / "report.md"
    page.write_text(_page(told, plots), encoding="utf-8")
    return page


def _page(told: Comparison, plots: dict[str, str]) -> str:
    parts = ["# Clusterings compared\n", heading(told) + "\n", f"Measured on {machine()}.\n"]
    parts += [table.markdown() for table in tables(told)]
    parts.append("## Plots\n")
    parts += [f"![{title}]({name})\n" for name, title in plots.items()]
    parts.append("## Choice\n")
    parts += [f"{line}\n" for line in conclusion(told)]
    return "\n".join(parts)
