"""Type a sentence, get the photos it describes, out of a collection nobody captioned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wordsight.library import Library

__version__ = "0.1.0"
__all__ = ["Library", "__version__"]


def __getattr__(name: str) -> object:
    if name == "Library":  # imported on first use, so that `wordsight --help` answers at once
        from wordsight.library import Library

        return Library
    raise AttributeError(f"module 'wordsight' has no attribute {name!r}")
