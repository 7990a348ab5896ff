"""The infrastructure, as far as it can be checked without Azure: syntax, what modules hand each
other, parameter files, settings. No compiler of Bicep comes from a package index."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from wordsight.server.settings import Settings

AZURE = Path(__file__).parents[2] / "deploy" / "azure"
INFRA = AZURE / "infra"
MODULES = sorted(INFRA.glob("*.bicep"))
CONNECTIONS = {"Standard_B2s": 414, "Standard_D4ds_v5": 1703}
"""For users, as Azure documents: learn.microsoft.com, PostgreSQL flexible server, limits."""
SIZES = sorted(INFRA.glob("*.bicepparam"))


def parsed(source: str) -> Node:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the grammar hands over a plain number
        language = Language(tree_sitter_bicep.language())
    return Parser(language).parse(source.encode()).root_node


def mistakes(node: Node) -> Iterator[str]:
    if node.type == "ERROR" or node.is_missing:
        yield f"line {node.start_point[0] + 1}: {node.text!r}"
    for child in node.children:
        yield from mistakes(child)


def declared(path: Path) -> dict[str, bool]:
    """A file's parameters, and whether they have to be given."""
    found = re.findall(r"^param (\w+) \S+( =)?", path.read_text(), re.MULTILINE)
    return {name: not default for name, default in found}


def given(path: Path) -> set[str]:
    return set(re.findall(r"^param (\w+) =", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", [*MODULES, *SIZES], ids=lambda path: path.name)
def test_the_syntax_is_right(path: Path) -> None:
    source = path.read_text()
    if path.suffix == ".bicepparam":  # which the grammar does not know
        source = re.sub(r"^using .*$", "", source, flags=re.MULTILINE).replace("param ", "var ")
    assert not list(mistakes(parsed(source)))


@pytest.mark.parametrize("path", SIZES, ids=lambda path: path.name)
def test_sizes_give_what_has_to_be_given(path: Path) -> None:
    known = declared(INFRA / "main.bicep")
    assert {name for name, needed in known.items() if needed} <= given(path) <= set(known)


@pytest.mark.parametrize("path", SIZES, ids=lambda path: path.name)
def test_the_database_admits_what_all_instances_may_open(path: Path) -> None:
    settings, told = Settings(), path.read_text()
    lanes = (settings.searches, settings.pictures, settings.looks, settings.writes)
    each = sum(lane.running for lane in lanes)
    instances = int(re.findall(r"mostInstances = (\d+)", told)[0])
    (server,) = (name for name in CONNECTIONS if f"'{name}'" in told)
    assert instances * each < CONNECTIONS[server]


def test_modules_are_handed_what_they_declare_and_asked_for_what_they_give() -> None:
    main = (INFRA / "main.bicep").read_text()
    called = re.findall(r"module (\w+) '(\w+\.bicep)' = \{.*?params: \{\n(.*?)\n  \}", main, re.S)
    assert len(called) == len(MODULES) - 1
    for name, file, handed in called:
        names = set(re.findall(r"^    (\w+):", handed, re.MULTILINE))
        assert names == set(declared(INFRA / file)), file
        outputs = set(re.findall(r"^output (\w+)", (INFRA / file).read_text(), re.MULTILINE))
        assert set(re.findall(rf"\b{name}\.outputs\.(\w+)", main)) <= outputs, file


def test_the_scripts_ask_for_outputs_that_there_are() -> None:
    outputs = set(re.findall(r"^output (\w+)", (INFRA / "main.bicep").read_text(), re.MULTILINE))
    asked = re.findall(r"\$\(told (\w+)\)", (AZURE / "deploy.sh").read_text())
    assert asked
    assert set(asked) <= outputs


def test_the_app_is_told_settings_that_it_reads() -> None:
    set_here = re.findall(r"name: '(WORDSIGHT_\w+)'", (INFRA / "app.bicep").read_text())
    code = "".join(path.read_text() for path in AZURE.rglob("*.py"))
    assert set_here
    assert all(f'"{name}"' in code for name in set_here)


def test_no_key_is_written_anywhere_but_into_the_mount() -> None:
    told = "".join(path.read_text() for path in MODULES)
    assert told.count("listKeys()") == 1
    assert "AccountKey=" not in told
    assert "administratorLoginPassword" not in told
    assert "passwordAuth: 'Disabled'" in told
