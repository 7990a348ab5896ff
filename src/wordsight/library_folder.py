"""Where a person's library lies."""

from __future__ import annotations

import os
from pathlib import Path


def default_folder() -> Path:
    """`$WORDSIGHT_LIBRARY`, else `wordsight` in the user's data folder."""
    chosen = os.environ.get("WORDSIGHT_LIBRARY")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("wordsight")
