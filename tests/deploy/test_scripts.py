"""Scripts, workflow and container files, linted; and what publishing does when a package fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

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
# Stands for curl: the first answer is still of the package before; broken ones give none.
build=$(unzip -p "$CLOUD/published" wordsight_azure/BUILD)
if [ "$(cat "$CLOUD/seen" 2>/dev/null)" != "$build" ]; then
  printf '%s' "$build" > "$CLOUD/seen"
  printf 'HTTP/2 200\\r\\nx-wordsight-build: before\\r\\n'
  exit 0
fi
[[ $build == good* ]] || exit 22
printf 'HTTP/2 200\\r\\nx-wordsight-build: %s\\r\\n' "$build"
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    for name, script in (("az", CLOUD), ("curl", VISITOR)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def build(package: Path) -> str:
    with ZipFile(package) as archive:
        return archive.read("wordsight_azure/BUILD").decode()


def publish(cloud: Path, content: str) -> int:
    package = cloud / "package.zip"
    with ZipFile(package, "w") as archive:
        archive.writestr("wordsight_azure/BUILD", content)
    command = [AZURE / "publish.sh", "group", "app", "account", package]
    path = f"{cloud}:{os.environ['PATH']}"
    environment = {"CLOUD": str(cloud), "SMOKE_TRIES": "3", "SMOKE_WAIT": "0", "PATH": path}
    return subprocess.run(command, env={**os.environ, **environment}).returncode


def test_a_package_that_fails_gives_way_to_the_one_before(cloud: Path) -> None:
    assert publish(cloud, "good1") == 0
    assert publish(cloud, "good2") == 0
    assert build(cloud / "kept-current.zip") == "good2"
    assert publish(cloud, "broken") == 1
    assert build(cloud / "published") == "good2"
    assert build(cloud / "kept-current.zip") == "good2"


def test_a_first_package_that_fails_is_told(cloud: Path) -> None:
    assert publish(cloud, "broken") == 1
    assert not (cloud / "kept-current.zip").exists()
