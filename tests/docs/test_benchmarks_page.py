"""A benchmark's section replaces the one of before, and no other."""

from __future__ import annotations

from benchmarks.page import HEAD, with_sections

PAGE = f"{HEAD}\n## One\n\nold\n\n### Part\n\nolder\n\n## Two\n\nkept\n"


def test_a_section_replaces_its_own_and_stays_in_its_place() -> None:
    assert with_sections(PAGE, ["## One\n\nnew\n"]) == f"{HEAD}\n## One\n\nnew\n\n## Two\n\nkept\n"


def test_a_new_section_comes_last() -> None:
    assert with_sections(PAGE, ["## Three\n\nnew\n"]) == f"{PAGE}\n## Three\n\nnew\n"


def test_an_empty_page_gets_head_and_section() -> None:
    assert with_sections("", ["## One\n\nnew\n"]) == f"{HEAD}\n## One\n\nnew\n"
