"""`wordsight forget`"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder")
@click.pass_obj
def forget(library: Path | None, folder: str) -> None:
    """Forget FOLDER and what was in it; the photos themselves are not touched.

    \b
    wordsight forget ~/Pictures
    """
    from wordsight.library import Library

    with Library(library) as opened:
        opened.forget(folder)
