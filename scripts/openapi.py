"""`python -m scripts.openapi`: write what the API promises into docs/openapi.json."""

from __future__ import annotations

import json
from pathlib import Path

from wordsight import Library
from wordsight.server.app import create_app

PAGE = Path(__file__).parents[1] / "docs" / "openapi.json"


def document() -> str:
    """As it is checked in."""
    return json.dumps(create_app(Library()).openapi(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
