"""Scripts, workflow and container files, linted; and what publishing does when a package fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AZURE = ROOT / "deploy" / "azure"
BIN = Path(sys.executable).parent


SCHEMA = ["check-jsonschema", "--builtin-schema"]


@pytest.mark.parametrize(
    "command",
    [
        ["shellcheck", *sorted(AZURE.glob("*.sh"))],
        ["hadolint", ROOT / "deploy/docker/Dockerfile"],
        [*SCHEMA, "vendor.github-workflows", ROOT / ".github/workflows/azure.yml"],
        [*SCHEMA, "vendor.compose-spec", ROOT / "deploy/docker/compose.yaml"],
    ],
    ids=["scripts", "Dockerfile", "workflow", "compose"],
)
def test_linters_find_nothing(command: list[str | Path]) -> None:
    told = subprocess.run(
        [BIN / command[0], *map(str, command[1:])], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr


CLOUD = """#!/usr/bin/env bash
# Stands for az: what is published is a file, and so is what is kept.
cd "$CLOUD"
while [ $# -gt 0 ]; do
  case $1 in
    --src) cp "$2" published ;;
    --name) name=$2 ;;
    --file) file=$2 ;;
    download|upload|show) verb=$1 ;;
  esac
  shift
done
case ${verb:-} in
  show) echo photos.azurewebsites.net ;;
  download) cp "kept-$name" "$file" ;;
  upload) cp "$file" "kept-$name" ;;
esac
"""
VISITOR = """#!/usr/bin/env bash
# Stands for curl: packages of this content answer.
grep -q good "$CLOUD/published"
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    for name, script in (("az", CLOUD), ("curl", VISITOR)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def publish(cloud: Path, content: str) -> int:
    package = cloud / "package.zip"
    package.write_text(content)
    command = [AZURE / "publish.sh", "group", "app", "account", package]
    path = f"{cloud}:{os.environ['PATH']}"
    environment = {"CLOUD": str(cloud), "SMOKE_TRIES": "2", "SMOKE_WAIT": "0", "PATH": path}
    return subprocess.run(command, env={**os.environ, **environment}).returncode


def test_a_package_that_fails_gives_way_to_the_one_before(cloud: Path) -> None:
    assert publish(cloud, "good one") == 0
    assert publish(cloud, "good two") == 0
    assert (cloud / "kept-current.zip").read_text() == "good two"
    assert publish(cloud, "broken") == 1
    assert (cloud / "published").read_text() == "good two"
    assert (cloud / "kept-current.zip").read_text() == "good two"


def test_a_first_package_that_fails_is_told(cloud: Path) -> None:
    assert publish(cloud, "broken") == 1
    assert not (cloud / "kept-current.zip").exists()
