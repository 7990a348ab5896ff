"""Storing what became of files: descriptions in their cells, and which file shows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wordsight.catalog import Catalog
from wordsight.catalog.descriptions import ModelRow
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.catalog.storing import PhotoRow
from wordsight.clusters import Clusters
from wordsight.correcting import with_corrections
from wordsight.models.packaged import ModelSet
from wordsight.photos.metadata import READER
from wordsight.pipeline.local import Outcome, Recorded


class Recorder:
    """Stores the outcomes of one set of models.

    Args:
        catalog: to store in.
        models: those that described.
        clusters: of the catalog.
    """

    def __init__(self, catalog: Catalog, models: ModelSet, clusters: Clusters) -> None:
        self._catalog = catalog
        self._models = models
        self._clusters = clusters
        self._model_ids = catalog.descriptions.register_models(model_rows(models))

    def record(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Store descriptions and copies, all or nothing; the outcomes as they are then.

        Others, failures for instance, are not stored and stay as they were.
        """
        rows: dict[str, PhotoRow] = {}
        places: dict[int, str] = {}
        told: list[Outcome] = []
        for outcome in outcomes:
            recorded: Recorded = "copy"
            if outcome.photo is not None:
                row = _photo_row(outcome)
                places[outcome.file_id] = row.sha256
                if row.sha256 not in rows:
                    recorded = "description"
                if row.sha256 not in rows or row.metadata.from_sidecar:
                    rows[row.sha256] = row
            elif outcome.known_as is not None:
                places[outcome.file_id] = outcome.known_as
            stored = outcome.file_id in places
            told.append(Outcome(outcome.file_id, recorded=recorded) if stored else outcome)
        self._catalog.metadata.see_again(_seen_again(outcomes))  # before the files count as read
        if places:
            self._store(list(rows.values()), places)
        return told

    def _store(self, rows: Sequence[PhotoRow], places: Mapping[int, str]) -> None:
        """In new cells if another run has fitted them meanwhile."""
        rows, stored = with_corrections(self._catalog, self._models, rows), False
        while not stored:
            placed = self._clusters.place(rows) if rows else None
            stored = self._catalog.descriptions.record(
                rows, places, self._model_ids, self._models.identity, placed
            )


def model_rows(models: ModelSet) -> list[ModelRow]:
    """The models that write captions and embeddings, as the catalog keeps them."""
    kinds = ("captioner", "encoder", "projection")
    records = [models.records[kind] for kind in kinds]
    return [ModelRow(record.kind, record.name[:80], record.revision) for record in records]


def _seen_again(outcomes: Sequence[Outcome]) -> dict[str, MetadataRow]:
    """Metadata of known contents, by hash; of several copies, one with a sidecar counts."""
    rows: dict[str, MetadataRow] = {}
    for outcome in outcomes:
        if outcome.known_as is not None and outcome.metadata is not None:
            row = MetadataRow(**vars(outcome.metadata), read_by=READER)
            if row.from_sidecar or outcome.known_as not in rows:
                rows[outcome.known_as] = row
    return rows


def _photo_row(outcome: Outcome) -> PhotoRow:
    photo = outcome.photo
    assert photo is not None
    assert outcome.metadata is not None
    return PhotoRow(
        sha256=photo.sha256,
        width=photo.width,
        height=photo.height,
        format=photo.format,
        caption=photo.description.caption,
        confidence=photo.description.confidence,
        caption_vector=photo.description.caption_vector,
        picture_vector=photo.description.picture_vector,
        metadata=MetadataRow(**vars(outcome.metadata), read_by=READER),
        thumbprint=photo.thumbprint,
    )
