"""What every kind of encoder has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from wordsight.models.runtime import Floats, Pixels


class OtherEncoder(Protocol):
    """Brings sentences, and pictures if it `sees`, into one space."""

    dimension: int
    sees: bool

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit float32 `[n, dimension]`."""
        ...

    def look(self, pixels: Pixels) -> Floats:
        """Unit float32 `[n, dimension]` of uint8 RGB `[n, side, side, 3]`; only if it sees."""
        ...


Files = Callable[[Path], dict[str, Path] | None]
"""The files in a folder by what they are for; None if they are none of that kind."""
Load = Callable[[dict[str, Path], int], OtherEncoder]
"""From files, on so many threads; raises ModelError if that is not possible."""
