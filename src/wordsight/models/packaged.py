"""The models that come with the package, and the records that say where they are from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wordsight.errors import ModelError
from wordsight.models.captioner import MAX_WORDS, Captioner
from wordsight.models.certainty import certainty
from wordsight.models.device import device
from wordsight.models.encoder import SentenceEncoder
from wordsight.models.fusion import CAPTION_WEIGHT, fuse, weights
from wordsight.models.precision import Precision, chosen_precision, form
from wordsight.models.projection import TextAdapter, VisualProjection
from wordsight.models.runtime import Floats, OnnxModel, Pixels

if TYPE_CHECKING:
    from wordsight.models.encoders.kind import OtherEncoder
    from wordsight.models.encoders.registry import Encoder

WEIGHTS = Path(__file__).parent / "weights"
SOURCES = "SOURCES.json"
PHOTO_SIDE = 224

_KINDS = ("backbone", "captioner", "encoder", "projection")
_INT8_KIND = "int8"
_METHOD = 3
"""To be raised when photos are decoded, captioned or fused in another way."""

_CNN_BATCH = 4
"""Larger batches through the CNN are no faster on a CPU, and hold gigabytes of activations."""


@dataclass(frozen=True)
class ModelRecord:
    """Origin of a model: `files` maps its file names to their SHA-256.

    A captioner's `calibration` has, for a number of beams, the knots by which its confidence
    is told as a probability (`wordsight.models.certainty`). It changes no description.
    """

    kind: str
    name: str
    origin: str
    licence: str
    made_by: str
    files: dict[str, str]
    calibration: dict[str, list[list[float]]] = field(default_factory=dict)

    @property
    def revision(self) -> str:
        """Changes when any of the files does."""
        listed = json.dumps(self.files, sort_keys=True)
        return hashlib.sha256(listed.encode()).hexdigest()[:12]


class ModelSet:
    """All models that describe and find photos; each is loaded when it is first used.

    Args:
        folder: holds the weights and `SOURCES.json`; the packaged ones by default.
        threads: cores for one call of a model; 0 means all.
        beams: partial captions kept while captioning; 1 is greedy decoding.
        precision: of the arithmetic; None is the environment's `WORDSIGHT_PRECISION`, else int8
            where the processor is quick at it and no GPU is used, else float32.
        encoder: another one than the packaged: captions and queries lie in its space, and pictures
            too if it sees; else photos are found by their captions alone.

    Raises:
        ModelError: `SOURCES.json` is missing or not of that form, or int8 is asked for where
            it cannot be had.
    """

    def __init__(
        self,
        folder: Path = WEIGHTS,
        threads: int = 0,
        beams: int = 3,
        precision: Precision | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self.folder = folder
        self.threads = threads
        self.beams = beams
        self.other_encoder = encoder
        self.records = read_records(folder) | ({} if encoder is None else _records_of(encoder))
        self.precision = chosen_precision(precision, _INT8_KIND in self.records)

    @cached_property
    def identity(self) -> str:
        """Two sets with the same identity describe a photo in the same way.

        The precision is not part of it: a library is carried to machines that compute otherwise,
        and both forms place a sentence or a picture in the same spot (`docs/models.md`).
        """
        parts = [f"{kind}={self.records[kind].revision}" for kind in _KINDS]
        parts.append(f"beams={self.beams} words={MAX_WORDS} caption_weight={CAPTION_WEIGHT}")
        parts.append(f"method={_METHOD}")
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    @cached_property
    def captioner(self) -> Captioner:
        return Captioner(self.folder, self.threads, self.beams)

    @cached_property
    def encoder(self) -> SentenceEncoder | OtherEncoder:
        if self.other_encoder is not None:
            return self.other_encoder.load(self.threads)
        return SentenceEncoder(self.folder, self.threads, self.precision)

    @cached_property
    def projection(self) -> VisualProjection:
        return VisualProjection(self.folder, self.threads)

    @cached_property
    def adapter(self) -> TextAdapter:
        return TextAdapter(self.folder)

    def put_away(self) -> None:
        """Let go of what looks at photos, until it is needed again: some 200 MB."""
        for name in ("captioner", "projection", "_backbone"):
            self.__dict__.pop(name, None)

    @property
    def sees(self) -> bool:
        """Whether pictures lie in the same space as sentences."""
        return self.other_encoder is None or self._other.sees

    def grid(self, pixels: Pixels) -> Floats:
        """CNN features: uint8 `[n, 224, 224, 3]` to float32 `[n, 49, 1280]`."""
        most = _CNN_BATCH if device() == "cpu" else len(pixels)
        parts = [pixels[i : i + most] for i in range(0, len(pixels), most)]
        return np.concatenate([self._backbone(pixels=part)[0] for part in parts])

    def look(self, pixels: Pixels, grid: Floats | None = None) -> Floats:
        """Vectors of pictures: unit float32 `[n, d]`, or zero where pictures lie in no space.

        Args:
            pixels: uint8 `[n, 224, 224, 3]`.
            grid: their CNN features, if they are at hand.
        """
        if self.other_encoder is None:
            return self.projection.project(self.grid(pixels) if grid is None else grid)
        if self._other.sees:
            return self._other.look(pixels)
        return np.zeros((len(pixels), self._other.dimension), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Sentences as they are compared with photos: unit float32 `[n, d]`."""
        return self._adapted(self.encoder.encode(texts))

    def place(self, caption: Floats, picture: Floats) -> tuple[Floats, Floats, Floats]:
        """Where photos lie among the queries: fused, caption and picture, unit `[n, d]` each.

        Args:
            caption: embeddings of the captions, as `describe` gives them; those of captions by
                people are longer (`wordsight.models.fusion`).
            picture: vectors of the pictures, likewise.
        """
        adapted = self._adapted(caption)
        return fuse(adapted, picture, weights(caption)), adapted, picture

    def certainty(self, confidence: float) -> float | None:
        """The probability that a caption of this confidence is right, names nothing but what
        people would name; None where it was not measured for so many beams."""
        knots = self.records["captioner"].calibration.get(str(self.beams), [])
        return certainty(confidence, knots)

    def damaged_files(self) -> list[str]:
        """Names of weight files that are missing or not what their record says."""
        return [
            name
            for record in self.records.values()
            for name, expected in record.files.items()
            if _sha256(self._folder_of(record) / name) != expected
        ]

    def _folder_of(self, record: ModelRecord) -> Path:
        other = self.other_encoder
        if other is not None and record.files == other.hashes:
            return other.folder
        return self.folder

    def _adapted(self, embeddings: Floats) -> Floats:
        if self.other_encoder is None:
            return self.adapter.adapt(embeddings)
        unit: Floats = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
        return unit

    @property
    def _other(self) -> OtherEncoder:
        assert not isinstance(self.encoder, SentenceEncoder)
        return self.encoder

    @cached_property
    def _backbone(self) -> OnnxModel:
        return OnnxModel(form(self.folder / "backbone.onnx", self.precision), self.threads)


def read_records(folder: Path) -> dict[str, ModelRecord]:
    """The records in `SOURCES.json`, by kind.

    Raises:
        ModelError: the file is missing or not of that form.
    """
    try:
        rows = json.loads((folder / SOURCES).read_text(encoding="utf-8"))
        records = {row["kind"]: ModelRecord(**row) for row in rows}
        missing = [kind for kind in _KINDS if kind not in records]
        if missing:
            raise ValueError(f"no {' and no '.join(missing)}")
        return records
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"the models in {folder} are incomplete ({error}); install wordsight again"
        ) from error


def _records_of(encoder: Encoder) -> dict[str, ModelRecord]:
    """In the place of the packaged encoder and of the projection into its space."""
    origin, files = str(encoder.folder), encoder.hashes
    return {
        kind: ModelRecord(kind, encoder.folder.name, origin, "", encoder.kind, files)
        for kind in ("encoder", "projection")
    }


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
