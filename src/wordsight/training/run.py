"""Making the packaged models, each from the ones before it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from wordsight.errors import ModelError
from wordsight.models.encoder import SentenceEncoder
from wordsight.models.vocabulary import Vocabulary
from wordsight.photos.collection import Collection
from wordsight.training.backbone import Backbone, class_names, export_backbone
from wordsight.training.features import Halves, load_features
from wordsight.training.fit_captioner import (
    CaptionerSettings,
    export_captioner,
    fit_captioner,
    prepare,
)
from wordsight.training.fit_projection import (
    PairData,
    ProjectionSettings,
    export_projection,
    fit_projection,
    recall_at,
)
from wordsight.training.projection_model import LabelMixture, PictureVectors
from wordsight.training.records import write_records
from wordsight.training.sentence_bert import export_encoder

Report = Callable[[str], None]


class Workshop:
    """A folder of weights in the making, and a cache of what is costly.

    Args:
        folder: where weights are written, and read where one model needs another.
        cache: CNN features and sentence embeddings, kept between runs.
        report: is told how it goes, line by line.
    """

    def __init__(self, folder: Path, cache: Path, report: Report) -> None:
        self.folder = folder
        self.cache = cache
        self.report = report
        folder.mkdir(parents=True, exist_ok=True)
        cache.mkdir(parents=True, exist_ok=True)

    def backbone(self) -> None:
        """Convert the CNN."""
        export_backbone(self.folder)
        self._done("backbone")

    def encoder(self) -> None:
        """Convert the sentence encoder."""
        export_encoder(self.folder)
        self._done("encoder")

    def captioner(self, train: Collection, dev: Collection, epochs: int | None = None) -> None:
        """Train the captioner. Needs the backbone."""
        settings = CaptionerSettings()
        if epochs:
            settings = dataclasses.replace(settings, epochs=epochs)
        vocabulary = Vocabulary.build(train.captions, settings.vocabulary_limit, settings.min_count)
        self.report(f"{len(vocabulary)} words, {len(train)} photos")
        learnt = prepare(train, self._views(train, (False, True)), vocabulary, settings)
        held_out = prepare(dev, self._views(dev, (False,)), vocabulary, settings)
        log = self.cache / "captioner.csv"
        model = fit_captioner(learnt, held_out, len(vocabulary), settings, log, self.report)
        export_captioner(model, vocabulary, self.folder)
        self._done("captioner")

    def projection(self, train: Collection, dev: Collection, epochs: int | None = None) -> None:
        """Train the visual projection and the text adapter. Needs backbone and encoder."""
        settings = ProjectionSettings()
        if epochs:
            settings = dataclasses.replace(settings, epochs=epochs)
        learnt = self._pairs(train, (False, True))
        held_out = self._pairs(dev, (False,))
        log = self.cache / "projection.csv"
        pair = fit_projection(learnt, held_out, settings, log, self.report)
        picture = PictureVectors(pair.picture, self._labels(), pair.text, settings.label_weight)
        shown = " / ".join(f"{value:.1%}" for value in recall_at(picture, pair.text, held_out))
        self.report(f"with the label mixture: dev R@1/5/10 {shown}")
        export_projection(picture, self.folder)
        self._done("projection")

    def _labels(self) -> LabelMixture:
        texts = [f"a photo of a {name}" for name in class_names()]
        names = torch.from_numpy(SentenceEncoder(self.folder).encode(texts))
        return LabelMixture(Backbone().classifier(), names)

    def _done(self, kind: str) -> None:
        write_records(self.folder)
        self.report(f"{kind} is written to {self.folder}")

    def _views(self, collection: Collection, mirrorings: tuple[bool, ...]) -> tuple[Halves, ...]:
        backbone = self.folder / "backbone.onnx"
        if not backbone.exists():
            raise ModelError(f"{backbone} is missing; run `wordsight train backbone` first")
        self.report(f"CNN features of {collection.name}")
        return tuple(load_features(collection, backbone, self.cache, m) for m in mirrorings)

    def _pairs(self, collection: Collection, mirrorings: tuple[bool, ...]) -> PairData:
        views = self._views(collection, mirrorings)
        self.report(f"sentence embeddings of {len(collection.captions)} captions")
        texts = SentenceEncoder(self.folder).encode(collection.captions)
        return PairData(views, texts, np.array(collection.caption_owners, np.int64))
