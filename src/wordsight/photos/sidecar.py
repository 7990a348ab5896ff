"""The names of XMP files beside photos, as photo managers write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath


def sidecar_names(name: str) -> tuple[str, ...]:
    """Where a photo's sidecar may lie, the surest first: `a.jpg.xmp`, then `a.xmp`."""
    stem = PurePath(name).stem
    return tuple(f"{base}.{end}" for base in (name, stem) for end in ("xmp", "XMP"))


class Sidecars:
    """The sidecars among the names in a folder."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name for name in names if name[-4:].lower() == ".xmp"}

    def of(self, photo: str) -> str | None:
        """The name of a photo's sidecar, or None."""
        if not self._names:
            return None
        return next((name for name in sidecar_names(photo) if name in self._names), None)
