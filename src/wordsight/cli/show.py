"""`wordsight show`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordsight.cli.output import print_json, shown_path
from wordsight.errors import LibraryError

if TYPE_CHECKING:
    from wordsight.catalog.descriptions import PhotoDetail
    from wordsight.catalog.photo_metadata import MetadataRow


@click.command()
@click.argument("photo")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def show(library: Path | None, photo: str, as_json: bool) -> None:
    """Show all that the library knows of PHOTO: a path, or a store's URI.

    \b
    wordsight show ~/Pictures/china.jpg
    """
    from wordsight.library import Library

    with Library(library) as opened:
        detail = opened.photo_at(photo)
        metadata = opened.metadata(detail.id) if detail else None
        certainty = opened.certainty(detail) if detail else None
    if detail is None or metadata is None:
        raise LibraryError(f"{photo} is not described in this library; see `wordsight status`")
    if as_json:
        told = asdict(metadata)
        del told["from_sidecar"], told["read_by"]
        print_json(asdict(detail) | {"certainty": certainty} | told)
        return
    rows = _rows(detail, certainty, metadata)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")


def _rows(
    detail: PhotoDetail, certainty: float | None, metadata: MetadataRow
) -> list[tuple[str, str]]:
    """Names and values, without those that are not known."""
    camera = " ".join(filter(None, (metadata.make, metadata.model)))
    rows = [
        ("caption", f"{detail.caption}{' (by a person)' if detail.corrected else ''}"),
        ("certainty", None if certainty is None else f"{certainty:.0%}"),
        *(("file", shown_path(uri)) for uri in detail.uris),
        ("size", f"{detail.width} x {detail.height}"),
        ("taken", _time(metadata)),
        ("camera", camera),
        ("lens", metadata.lens),
        ("place", _place(metadata)),
        ("rating", _rating(metadata.rating)),
        ("keywords", ", ".join(metadata.keywords)),
    ]
    return [(name, value) for name, value in rows if value]


def _time(metadata: MetadataRow) -> str | None:
    if metadata.taken_at is None:
        return None
    offset = metadata.utc_offset
    zone = "" if offset is None else f" {'-' if offset < 0 else '+'}{_hours(abs(offset))}"
    return f"{metadata.taken_at}{zone}"


def _hours(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _place(metadata: MetadataRow) -> str | None:
    if metadata.latitude is None or metadata.longitude is None:
        return None
    return f"{metadata.latitude:.5f}, {metadata.longitude:.5f}"


def _rating(rating: int | None) -> str | None:
    return {None: None, -1: "rejected", 0: None}.get(rating, f"{rating} of 5")
