"""What is promised is what is served."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.openapi import PAGE, document

API_PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_document_is_that_of_the_server() -> None:
    assert PAGE.read_text() == document(), "run `python -m scripts.openapi`"


def test_every_path_is_on_the_page() -> None:
    told = API_PAGE.read_text()
    for path in re.findall(r'"/api/v1(/[^"]+)": ', PAGE.read_text()):
        shown = path.replace("{photo_id}", "17").replace("{group_id}", "3")
        assert shown in told or shown.rpartition("/")[2] in told, path
