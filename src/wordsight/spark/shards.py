"""Shards: Parquet files of what became of some photos.

A shard is written beside its place and then renamed, and its name is a hash of what it is about.
So a task that runs twice, or dies half-way, changes nothing; and whoever finds a shard there need
not describe its photos again, but those that were out of reach.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wordsight.errors import PhotoError, UnreachableError
from wordsight.photos.metadata import Metadata
from wordsight.pipeline.describe import DescribedPhoto, Description
from wordsight.pipeline.local import Outcome
from wordsight.spark.places import Place

_SUFFIX = ".parquet"
_IDENTITY = ("key", "uri", "fingerprint")
_PHOTO = ("sha256", "width", "height", "format", "thumbprint")
_VECTOR = pa.list_(pa.float32())
SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("uri", pa.string()),
        ("fingerprint", pa.string()),
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("caption", pa.string()),
        ("confidence", pa.float64()),
        ("caption_vector", _VECTOR),
        ("picture_vector", _VECTOR),
        ("thumbprint", pa.binary()),
        ("metadata", pa.string()),
        ("failure_stage", pa.string()),
        ("failure_reason", pa.string()),
        ("unreachable", pa.bool_()),
        ("recorded", pa.string()),
    ]
)
"""`sha256` without a caption is that of a copy of a photo in the same shard, or of a known content;
`unreachable` photos wait; `recorded` ones are in the catalog, so nothing else is told of them."""
_REPEATED = ["format", "failure_stage", "recorded"]
"""Columns of few values; a dictionary of vectors would be larger than the vectors."""


@dataclass(frozen=True)
class Listed:
    """A photo to describe: `key` is what its owner knows it by, `fingerprint` changes with it.
    Should its hash be `known`, its owner has its description."""

    key: int
    uri: str
    fingerprint: str
    known: str = field(default="", compare=False)


class Shards:
    """The shards in a folder, or below a store's URI, of one set of models.

    Raises:
        SparkError: of all methods: the place cannot be used.
    """

    def __init__(self, place: str) -> None:
        self._place = Place(place)
        self._place.make()

    def name(self, photos: Sequence[Listed]) -> str:
        """Of the shard of these photos."""
        about = json.dumps([[one.key, one.uri, one.fingerprint] for one in photos])
        return f"{hashlib.sha256(about.encode()).hexdigest()[:32]}{_SUFFIX}"

    def names(self) -> list[str]:
        """Of all that are whole."""
        return self._place.names(_SUFFIX)

    def has(self, name: str) -> bool:
        return self._place.has(name)

    def write(self, name: str, photos: Sequence[Listed], outcomes: Sequence[Outcome]) -> None:
        """All or nothing; where another has written the same, that stays as good."""
        rows = [_row(one, outcome) for one, outcome in zip(photos, outcomes, strict=True)]
        packed = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), packed, use_dictionary=_REPEATED)
        self._place.write(name, packed.getvalue())

    def told(self, name: str) -> pa.Table:
        """Which photos a shard tells of, and where they failed; not those out of reach."""
        table = self._place.read_columns(name, [*_IDENTITY, "failure_stage", "unreachable"])
        return table.filter(pc.invert(table["unreachable"]))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """As they were written."""
        rows: list[dict[str, Any]] = self._place.read_columns(name).to_pylist()
        return rows

    def read(self, name: str) -> Iterator[tuple[Listed, Outcome]]:
        """What became of each photo; its key is the outcome's file id."""
        for row in self.rows(name):
            yield Listed(row["key"], row["uri"], row["fingerprint"]), _outcome(row)

    def clear(self) -> None:
        """Remove the folder, whatever is in it."""
        self._place.clear()

    def remove(self, name: str) -> None:
        """Once what it holds is kept elsewhere."""
        self._place.remove(name)


def _row(listed: Listed, outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {**vars(listed), "unreachable": False}
    if outcome.failure is not None:
        told = {"failure_stage": outcome.failure.stage, "failure_reason": outcome.failure.reason}
        return {**row, **told, "unreachable": isinstance(outcome.failure, UnreachableError)}
    row |= {"metadata": _packed(outcome.metadata), "sha256": outcome.known_as}
    row["recorded"] = outcome.recorded
    photo = outcome.photo
    if photo is not None:
        row |= {name: getattr(photo, name) for name in _PHOTO}
        said = photo.description
        row |= {"caption": said.caption, "confidence": said.confidence}
        row |= {"caption_vector": said.caption_vector, "picture_vector": said.picture_vector}
    return row


def _outcome(row: dict[str, Any]) -> Outcome:
    outcome = Outcome(row["key"], _unpacked(row["metadata"]))
    if row["unreachable"]:
        return replace(outcome, failure=UnreachableError(row["failure_reason"]))
    if row["failure_stage"]:
        return replace(outcome, failure=PhotoError(row["failure_stage"], row["failure_reason"]))
    if row.get("recorded"):  # shards of before may have no such column
        return replace(outcome, recorded=row["recorded"])
    if row["caption"] is None:
        return replace(outcome, known_as=row["sha256"])
    said = Description(
        row["caption"],
        row["confidence"],
        np.empty((0, 0), np.float32),  # where the model looked is not kept
        np.asarray(row["caption_vector"], np.float32),
        np.asarray(row["picture_vector"], np.float32),
    )
    photo = DescribedPhoto(**{name: row[name] for name in _PHOTO}, description=said)
    return replace(outcome, photo=photo)


def _packed(metadata: Metadata | None) -> str | None:
    if metadata is None:
        return None
    told = {name: value for name, value in vars(metadata).items() if value not in (None, ())}
    return json.dumps(told, default=datetime.isoformat)


def _unpacked(text: str | None) -> Metadata | None:
    if text is None:
        return None
    told = json.loads(text)
    if "taken_at" in told:
        told["taken_at"] = datetime.fromisoformat(told["taken_at"])
    return Metadata(**{**told, "keywords": tuple(told.get("keywords", ()))})
