"""The page of figures: one section a benchmark, each with its own machine and date."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.measure import machine

PAGE = Path("docs/benchmarks.md")
HEAD = """# Benchmarks

Written by `make bench`, or a section by `python -m benchmarks --only NAME --write`; do not edit.
Times on shared machines vary: the ratios within a run say more than the figures.
"""
_SECTION = re.compile(r"^## .*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def section(text: str) -> str:
    """A benchmark's text with the machine and the date below its heading."""
    heading, _, rest = text.partition("\n")
    return f"{heading}\n\n{machine()}.\n{rest.rstrip()}\n"


def with_sections(page: str, new: list[str]) -> str:
    """The page with sections put in place of those of the same headings, or behind them all."""
    sections = {_heading(old): old.rstrip() + "\n" for old in _SECTION.findall(page)}
    sections |= {_heading(one): one for one in new}
    return "\n".join([HEAD, *sections.values()])


def write(new: list[str]) -> None:
    """Put sections into the page."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(with_sections(old, new), encoding="utf-8")


def _heading(text: str) -> str:
    return text.partition("\n")[0]
