"""What a library holds, at a glance: for pages and filters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from wordsight.catalog import Catalog
from wordsight.catalog.facets import FacetCounts, Facets
from wordsight.index.store import SnapshotStore
from wordsight.progress_note import RunState, read_note

PROGRESS = "progress.json"
"""In the library's folder, while a run is under way."""


@dataclass(frozen=True)
class SnapshotAge:
    """The current snapshot; `changed` photos came, went or moved since it was built."""

    name: str
    photos: int
    changed: int
    seconds: float


class Overview:
    """`Library.overview()` gives it."""

    def __init__(self, catalog: Catalog, store: SnapshotStore, folder: Path) -> None:
        self._catalog = catalog
        self._store = store
        self._folder = folder

    def sources(self) -> list[str]:
        """URIs of what is indexed."""
        return self._catalog.inventory.sources()

    def version(self) -> int:
        """Raised by every change to what can be found."""
        return self._catalog.descriptions.version()

    def facets(self) -> Facets:
        """Counts to filter by; folders by their names, the indexed folder's own first."""
        counted = FacetCounts(self._catalog.engine).all()
        sources = self.sources()
        folders: dict[str, int] = {}
        for uri, count in counted.folders.items():
            name = folder_of(f"{uri}/", sources)
            folders[name] = folders.get(name, 0) + count
        return Facets(
            counted.months, counted.undated, counted.cameras, counted.orientations, folders
        )

    def run(self) -> RunState | None:
        """The indexing run that is under way, where it writes into the same folder."""
        return read_note(self._folder / PROGRESS)

    def snapshot(self) -> SnapshotAge | None:
        """What is searched; None before the first snapshot."""
        snapshot = self._store.open()
        if snapshot is None:
            return None
        built_at = snapshot.manifest.origin.version
        return SnapshotAge(
            snapshot.folder.name,
            snapshot.manifest.photos,
            self._catalog.descriptions.count_changed(built_at),
            max(0.0, time.time() - snapshot.folder.stat().st_mtime),
        )


def folder_of(uri: str, sources: Sequence[str]) -> str:
    """The folder that a file lies in, as it may be shown: from the indexed folder's name on.

        folder_of("file:///home/me/Pictures/2024/a.jpg", ["file:///home/me/Pictures"])

    is `Pictures/2024`. A file below none of the sources has an empty one.
    """
    above = [source.rstrip("/") for source in sources if uri.startswith(source.rstrip("/") + "/")]
    if not above:
        return ""
    source = max(above, key=len)
    own = source.rpartition("/")[2]
    inside = uri[len(source) + 1 :].rpartition("/")[0]
    return "/".join(unquote(part, errors="replace") for part in (own, inside) if part)
