"""What the function app is told by its settings."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wordsight.errors import LibraryError


@dataclass(frozen=True)
class Configuration:
    """Read from the environment, where app settings are.

    Args:
        share: the mounted share (`WORDSIGHT_SHARE`), a library's folder with `models/` in it.
        local: where it is copied to (`WORDSIGHT_LOCAL`); None, for an empty setting, maps its
            files where they are.
        catalog: PostgreSQL (`WORDSIGHT_CATALOG`); None is SQLite, on the share, to be read only.
        hosts: names of the app (`WORDSIGHT_HOSTS`, with commas).
        sources: what is described (`WORDSIGHT_SOURCES`, with commas); none is all known ones.
    """

    share: Path
    local: Path | None
    catalog: str | None
    hosts: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Configuration:
        """
        Raises:
            LibraryError: no share is named, or it is not mounted.
        """
        share = environment.get("WORDSIGHT_SHARE", "")
        if not share or not Path(share).is_dir():
            raise LibraryError(
                f"the share {share} is not mounted"
                if share
                else "no share is named; set WORDSIGHT_SHARE to the path it is mounted at"
            )
        own = str(Path(tempfile.gettempdir()) / "wordsight")
        local = environment.get("WORDSIGHT_LOCAL", own)
        return cls(
            share=Path(share),
            local=Path(local) if local else None,
            catalog=environment.get("WORDSIGHT_CATALOG") or None,
            hosts=_parts(
                environment.get("WORDSIGHT_HOSTS") or environment.get("WEBSITE_HOSTNAME", "")
            ),
            sources=_parts(environment.get("WORDSIGHT_SOURCES", "")),
        )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
