"""What the commands share in showing things."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from wordsight.photos.folder import path_of
from wordsight.photos.places import in_store


def print_json(value: Any) -> None:
    """For machines: UTF-8 whatever the terminal speaks, dates in ISO form."""
    click.echo(json.dumps(value, indent=1, default=str))


def shown_path(uri: str) -> str:
    """A store's URI, or a path in one line: line breaks, other controls and undecodable bytes
    are escaped."""
    if in_store(uri):
        return uri
    path = os.fsencode(path_of(uri)).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


def is_terminal() -> bool:
    return sys.stdout.isatty()


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
