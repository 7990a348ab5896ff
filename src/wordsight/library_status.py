"""What a library holds, in full."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wordsight.catalog.clustering_rows import CellRow
from wordsight.catalog.descriptions import ModelRow
from wordsight.catalog.inventory import Failure
from wordsight.index.snapshot import Manifest


@dataclass(frozen=True)
class Status:
    """What a library holds.

    `snapshot` is None before the first; `changed` photos came, went or moved since it was built,
    and are searched beside it. Sizes are in bytes.
    """

    folder: Path
    catalog: str
    sources: tuple[str, ...]
    counts: dict[str, int]
    failures: tuple[Failure, ...]
    models: tuple[ModelRow, ...]
    outdated: int
    cells: tuple[CellRow, ...]
    snapshot: Manifest | None
    snapshot_name: str | None
    changed: int
    sizes: dict[str, int]


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder and below; 0 if there is none."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):  # an indexing run drops old snapshots meanwhile
                total += Path(folder, name).stat().st_size
    return total
